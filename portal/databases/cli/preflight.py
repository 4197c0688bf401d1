"""flask databases preflight: what would stop a backup, a restore or a change, before it is due."""

import sys

import click

from portal.core.configuration.settings import OPS
from portal.databases.cli import commands
from portal.databases.preflight.report import lines_of, summary_of
from portal.databases.preflight.run import preflight as all_findings
from portal.databases.targets.config import ops_database, target_named


@commands.command("preflight")
@click.argument("target")
def preflight(target: str) -> None:
    """Say what would stop a backup, a restore or a change of TARGET, and how it is fixed.

    Owners, rights of both roles, extensions, rows that refer to nothing, values that can't be read,
    room on disk and for connections, the clock. It changes nothing. On PostgreSQL it restores the
    schema, without rows, into a database of its own, which it drops. TARGET is also `ops`. Ends
    with exit code 1 if anything stops one of the three, or could not be measured.
    """
    chosen = ops_database() if target == OPS else target_named(target)
    found = all_findings(chosen)
    for each in found:
        click.echo("\n".join(lines_of(each)))
    click.echo(f"{chosen.name}: {summary_of(found)}")
    if any(each.is_fault for each in found):
        sys.exit(1)
