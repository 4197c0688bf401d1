"""`flask runbooks lint`."""

from pathlib import Path

import click

from portal.audit.refusals import CommandGroup
from portal.core.configuration.settings import settings
from portal.documents.lint import problems_at, show_problems
from portal.runbooks.format.library import library
from portal.runbooks.lint import lint_folder

commands = CommandGroup("runbooks", help="Runbooks: check what their authors wrote.")


@commands.command("lint")
@click.argument("path", required=False, type=click.Path(path_type=Path))
def lint(path: Path | None) -> None:
    """Name file, line and problem of everything to fix in PATH; exit 1 when there is any.

    PATH is a folder of runbooks or one file; without it the folder that this instance uses.
    """
    path = path or settings().runbooks_dir
    root = path if path.is_dir() else path.parent
    count = len(library(root).runbooks) if path.is_dir() else 1
    show_problems(problems_at(path, lint_folder), count=count, noun="runbook")
