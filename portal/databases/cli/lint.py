"""flask databases lint: dangerous operations in revisions, with file and line."""

import sys
from pathlib import Path

import click

from portal.databases.cli import commands
from portal.databases.lint import lint_history


@commands.command()
@click.argument("path", required=False, type=click.Path(path_type=Path, exists=True))
@click.option("--all", "with_accepted", is_flag=True, help="Show what authors accepted, too.")
def lint(path: Path | None, with_accepted: bool) -> None:
    """Check the revisions of the directory, or of the history or file at PATH."""
    found = lint_history(path)
    refused = [finding for finding in found if not finding.accepted]
    for finding in found if with_accepted else refused:
        place = f"{finding.file}:{finding.line}: {finding.rule}"
        if finding.accepted:
            click.echo(f"{place}: accepted: {finding.accepted}")
        else:
            click.echo(f"{place}: {finding.sentence}\n  Safer: {finding.safer}", err=True)
    accepted = len(found) - len(refused)
    if refused:
        sys.exit(1)
    click.echo(f"No dangerous operation is unaccounted for; {accepted} accepted with a reason.")
