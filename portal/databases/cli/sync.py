"""flask databases sync: production's rows, anonymised, replace development's."""

from portal.audit.actor import at_the_console
from portal.databases.cli import commands
from portal.databases.sync.results import KIND
from portal.databases.tasks.sync import TO
from portal.jobs.operations.service import run_here


@commands.command()
def sync() -> None:
    """Replace development by an anonymised copy of production, after a backup of development."""
    run_here(KIND, by=at_the_console(), target=TO)
