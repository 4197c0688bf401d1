"""flask accounts …"""

import click

from portal.accounts.login.passwords import generate_password
from portal.accounts.models import Role
from portal.accounts.queries import account_by_email, all_accounts
from portal.accounts.service import create_account, disable_account, enable_account, reset_password
from portal.audit.actor import at_the_console
from portal.audit.refusals import CommandGroup
from portal.core.errors import Invalid
from portal.core.storage.database import db
from portal.runbooks.engine.queries import driven_by

commands = CommandGroup("accounts", help="Staff and clients of the control room.")


@commands.command()
@click.option("--email", prompt="Email address")
@click.option("--name", prompt="Name")
@click.option("--role", prompt="Role", type=click.Choice([role.value for role in Role]))
def create(email: str, name: str, role: str) -> None:
    """Create an account."""
    password = _ask_password()
    chosen = password or generate_password()
    account = create_account(
        email=email, name=name, role=Role(role), password=chosen, by=at_the_console()
    )
    db.session.commit()
    click.echo(f"Created {account.role} {account.name} <{account.email}>.")
    if not password:
        click.echo(f"Password: {chosen}")


def _ask_password() -> str:
    """Prompted, never a command option: other users of the machine can read those."""
    ask = "Password (empty: one is made)"
    password = str(click.prompt(ask, default="", show_default=False, hide_input=True))
    if password and password != click.prompt("Once more", hide_input=True):
        raise Invalid("The two passwords are not the same.")
    return password


@commands.command("list")
def list_() -> None:
    """List the accounts."""
    for account in all_accounts():
        state = "disabled" if account.is_disabled else "active"
        click.echo(f"{account.role:<7} {state:<9} {account.email}  {account.name}")


@commands.command()
@click.argument("email")
def disable(email: str) -> None:
    """End all sessions of an account and let it log in no more."""
    account = account_by_email(email)
    disable_account(account, by=at_the_console())
    db.session.commit()
    click.echo(f"{account.email} can’t log in any more.")
    for run in driven_by(account.id):
        click.echo(f"Run {run.number}, “{run.title}”, goes on without its driver.")


@commands.command()
@click.argument("email")
def enable(email: str) -> None:
    """Let a disabled account log in again."""
    account = account_by_email(email)
    enable_account(account, by=at_the_console())
    db.session.commit()
    click.echo(f"{account.email} can log in again.")


@commands.command("reset-password")
@click.argument("email")
def reset(email: str) -> None:
    """Give an account a new password, shown once, and end its sessions."""
    account = account_by_email(email)
    password = reset_password(account, by=at_the_console())
    db.session.commit()
    click.echo(f"Password: {password}")
