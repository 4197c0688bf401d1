"""flask databases lint: dangerous operations in revisions, with file and line."""

import sys
from pathlib import Path

import click

from portal.databases.cli import commands
from portal.databases.lint import lint_history
from portal.databases.targets import targets


@commands.command()
@click.argument("path", required=False)
@click.option("--all", "with_accepted", is_flag=True, help="Show what authors accepted, too.")
def lint(path: str | None, with_accepted: bool) -> None:
    """Check the revisions of the directory, or of a target's history, or the one at PATH."""
    found = lint_history(_place(path) if path else None)
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


def _place(path: str) -> Path:
    """The history of the target with this name, else a folder or file."""
    named = next((each for each in targets() if each.name == path), None)
    return named.migrations if named else Path(path)
