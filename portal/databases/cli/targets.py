"""flask databases roles, adopt and sync: the roles, the identity and the rows of a target."""

import sys

import click

from portal.audit.actor import at_the_console
from portal.audit.service import record
from portal.core.configuration.settings import OPS
from portal.core.storage.database import db, reading
from portal.databases.cli import commands
from portal.databases.cli.terminal import require_terminal
from portal.databases.preflight.report import lines_of, summary_of
from portal.databases.preflight.run import preflight
from portal.databases.sync.results import KIND
from portal.databases.targets import adoption, database_roles
from portal.databases.targets.config import Target, ops_database, target_named
from portal.databases.targets.identity import judge
from portal.databases.tasks.sync import TO
from portal.jobs.leases.watch import watch_beside
from portal.jobs.operations.service import run_here


@commands.command()
@click.argument("target")
@click.option("--script", is_flag=True, help="Show the SQL that a superuser runs first.")
def roles(target: str, script: bool) -> None:
    """Grant the role that serves TARGET what it needs; exit 1 when a role may do too much.

    It also puts the database's own trigger back where that is missing, disabled or replaced.
    TARGET is also `ops`, the control room's own database.
    """
    chosen = ops_database() if target == OPS else target_named(target)
    if script:
        for line in database_roles.script_for(chosen):
            click.echo(line if line.startswith(("--", "\\")) else f"{line};")
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


@commands.command()
@click.argument("target")
@click.option("--reason", help="Why, for the record.")
def adopt(target: str, reason: str | None) -> None:
    """Take a database in as TARGET, or anchor one again that was moved."""
    chosen = target_named(target)
    require_terminal(chosen, "target.adopted")
    with reading():
        judgement = judge(chosen)
        adoption.require_adoptable(chosen, judgement)
    db.session.rollback()  # what follows writes
    if judgement.is_anothers:
        watch_beside(chosen.name)
    with reading():
        sentences = adoption.what_stands(chosen, judgement)
    db.session.rollback()
    click.echo("\n".join(sentences))
    _say_preflight(chosen)
    phrase = click.prompt(f"Type {adoption.phrase_for(chosen, judgement)}")
    reason = reason or click.prompt("Why")
    row = adoption.adopt(chosen, phrase=phrase, reason=reason, by=at_the_console())
    click.echo(f"This is {row.name} from now on, as database {row.database_uuid}.")


def _say_preflight(target: Target) -> None:
    """What would stop its backups and changes afterwards; the person decides."""
    found = preflight(target, adopting=True)
    for each in found:
        click.echo("\n".join(lines_of(each)))
    click.echo(summary_of(found))


@commands.command()
def sync() -> None:
    """Replace development by an anonymised copy of production, after a backup of development."""
    run_here(KIND, by=at_the_console(), target=TO)
