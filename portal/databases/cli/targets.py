"""flask databases roles: the two roles of a target on a server: created, granted and checked."""

import sys

import click

from portal.audit.actor import at_the_console
from portal.audit.service import record
from portal.core.configuration.settings import OPS
from portal.core.storage.database import db
from portal.databases.cli import commands
from portal.databases.targets import database_roles
from portal.databases.targets.config import ops_database, target_named


@commands.command()
@click.argument("target")
@click.option("--script", is_flag=True, help="Show the SQL that a superuser runs once, first.")
def roles(target: str, script: bool) -> None:
    """Grant the role that serves TARGET what it needs; exit 1 when a role may do too much.

    It also puts the database's own trigger back where that is missing, disabled or replaced.
    TARGET is also `ops`, the control room's own database.
    """
    chosen = ops_database() if target == OPS else target_named(target)
    if script:
        for line in database_roles.script_for(chosen):
            click.echo(line if line.startswith("--") else f"{line};")
        return
    wrong = database_roles.renew_rights(chosen)
    record("rights.renewed", by=at_the_console(), target=chosen.name, details={"wrong": len(wrong)})
    db.session.commit()
    for sentence in wrong:
        click.echo(sentence, err=True)
    if wrong:
        sys.exit(1)
    if database_roles.has_two_roles(chosen):
        click.echo(f"The site of {chosen.name} may read and write rows, and nothing more.")
    else:
        click.echo(f"The guard’s own trigger of {chosen.name} is on again.")
