"""`flask portal …`: set up, and list addresses."""

import click
from sqlalchemy import select

from portal.audit.actor import at_the_console
from portal.audit.refusals import CommandGroup
from portal.control.demo import demo_logins, logins_file
from portal.control.setup import set_up
from portal.core.configuration.settings import settings
from portal.core.storage.database import db
from portal.documents.images.usage import delete_pictures, unused_pictures
from portal.emails.models import Message, UnsavedWords
from portal.incidents.models import ReportShare

commands = CommandGroup("portal", help="Set up this control room.")


@commands.command("setup")
@click.option("--demo", is_flag=True, help="With demo data, in a folder that holds nothing else.")
@click.option(
    "--studios",
    type=click.IntRange(1, 1_000_000),
    default=642,
    show_default=True,
    help="How many studios the demo has.",
)
def setup(*, demo: bool, studios: int) -> None:
    """Create or upgrade what is missing. Harmless to run twice; never upgrades production."""
    is_new = demo and not logins_file().exists()
    set_up(demo=demo, studios=studios, by=at_the_console(), say=click.echo)
    if is_new:
        _say_logins()


@commands.command("addresses")
def addresses() -> None:
    """Say where the sites are."""
    port = settings().port
    click.echo(f"\n  Studio directory, development   http://localhost:{port}/")
    click.echo(f"  Control room                    http://localhost:{port}/ops")
    click.echo(f"  Studio directory, production    http://localhost:{port + 1}/")
    if logins_file().exists():
        click.echo(f"  Logins of the demo              {logins_file()}")
    click.echo("\n  Ctrl-C stops everything.\n")


@commands.command("pictures")
@click.option("--delete", is_flag=True, help="Delete them.")
def pictures(*, delete: bool) -> None:
    """Name the pictures that nothing written here has used for a day or more."""
    texts = (Message.body, UnsavedWords.body, ReportShare.source)
    unused = unused_pictures(
        [text for column in texts for text in db.session.scalars(select(column))]
    )
    for path in unused:
        click.echo(f"{path.name}  {path.stat().st_size / 1000:,.0f} kB")
    if delete:
        delete_pictures(unused, by=at_the_console())
        db.session.commit()
    count = "1 picture is" if len(unused) == 1 else f"{len(unused)} pictures are"
    click.echo(f"{count} deleted." if delete else f"{count} used nowhere.")


def _say_logins() -> None:
    click.echo("\nLogins of the demo, shown this once:\n")
    for role, login in demo_logins().items():
        click.echo(f"  {role:<8} {login.email:<24} {login.password}")
