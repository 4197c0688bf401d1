"""flask databases adopt: adopt a database that this control room doesn't know."""

import click

from portal.audit.actor import at_the_console
from portal.core.storage.database import db, reading
from portal.databases.cli import commands
from portal.databases.cli.terminal import require_terminal
from portal.databases.targets import adoption
from portal.databases.targets.config import target_named
from portal.databases.targets.identity import judge
from portal.jobs.leases.watch import watch_beside


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
    phrase = click.prompt(f"Type {adoption.phrase_for(chosen, judgement)}")
    reason = reason or click.prompt("Why")
    row = adoption.adopt(chosen, phrase=phrase, reason=reason, by=at_the_console())
    click.echo(f"This is {row.name} from now on, as database {row.database_uuid}.")
