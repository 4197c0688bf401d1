"""flask databases lint: dangerous operations in revisions, with file and line."""

import sys
from pathlib import Path

import click

from portal.databases.cli import commands
from portal.databases.migrations import history
from portal.databases.migrations.lint import lint_history
from portal.databases.migrations.lint.edited import edited_findings
from portal.databases.targets.config import targets


@commands.command()
@click.argument("path", required=False)
@click.option("--all", "with_accepted", is_flag=True, help="Show what authors accepted, too.")
def lint(path: str | None, with_accepted: bool) -> None:
    """Check the revisions of the directory, or of a target's history, or the one at PATH.

    Also whether a revision that this control room knows to be applied was edited since.
    """
    place = _place(path) if path else history.FOLDER
    edited, unread = edited_findings(place)
    found = [*lint_history(place), *edited]
    refused = [finding for finding in found if not finding.accepted]
    for finding in found if with_accepted else refused:
        where = f"{finding.file}:{finding.line}: {finding.rule}"
        if finding.accepted:
            click.echo(f"{where}: accepted: {finding.accepted}")
        else:
            click.echo(f"{where}: {finding.sentence}\n  Safer: {finding.safer}", err=True)
    for why in unread:
        click.echo(why)
    accepted = len(found) - len(refused)
    if refused:
        sys.exit(1)
    click.echo(f"No dangerous operation is unaccounted for; {accepted} accepted with a reason.")


def _place(path: str) -> Path:
    """The history of the target with this name, otherwise a folder or file."""
    named = next((each for each in targets() if each.name == path), None)
    return named.migrations if named else Path(path)
