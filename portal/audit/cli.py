"""flask audit …"""

import click
from sqlalchemy.exc import SQLAlchemyError

from portal.audit.actor import at_the_console
from portal.audit.refusals import CommandGroup
from portal.audit.verification import Verification, record_verification, verify_log
from portal.core.database import db

commands = CommandGroup("audit", help="The audit log.")


@commands.command()
def verify() -> None:
    """Check the whole log; exit 1 with the first bad entry if it does not hold."""
    result = verify_log()
    _record(result)
    if result.fault:
        raise click.ClickException(result.fault)
    click.echo(f"All {result.entries} entries hold. The chain ends in {result.chain}.")


def _record(result: Verification) -> None:
    try:
        record_verification(result, by=at_the_console())
        db.session.commit()
    except SQLAlchemyError:
        db.session.rollback()
        click.echo("This could not be recorded: the log takes no entries.", err=True)
