"""flask audit …"""

import json
from pathlib import Path

import click
from sqlalchemy.exc import SQLAlchemyError

from portal.audit.actor import at_the_console
from portal.audit.checkpoint import Checkpoint, checkpoint_from
from portal.audit.refusals import CommandGroup
from portal.audit.verification import Verification, record_verification, verify_log
from portal.core.database import db
from portal.core.errors import Invalid

commands = CommandGroup("audit", help="The audit log.")


@commands.command()
@click.option(
    "--checkpoint",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A checkpoint that was kept elsewhere, or the manifest of a backup that holds one.",
)
def verify(checkpoint: Path | None) -> None:
    """Check the whole log; exit 1 with the first bad entry if it does not hold."""
    result = verify_log(_read(checkpoint) if checkpoint else None)
    _record(result)
    if result.fault:
        raise click.ClickException(result.fault)
    click.echo(f"All {result.entries} entries hold. The chain ends in {result.chain}.")


def _read(file: Path) -> Checkpoint:
    try:
        return checkpoint_from(json.loads(file.read_text()))
    except ValueError:
        raise Invalid(f"{file.name} can't be read.") from None


def _record(result: Verification) -> None:
    try:
        record_verification(result, by=at_the_console())
        db.session.commit()
    except SQLAlchemyError:
        db.session.rollback()
        click.echo("This could not be recorded: the log takes no entries.", err=True)
