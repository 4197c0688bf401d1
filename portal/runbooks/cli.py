"""`flask runbooks lint`."""

from pathlib import Path

import click

from portal.audit.refusals import CommandGroup
from portal.core.configuration.settings import settings
from portal.core.errors import NotFound
from portal.runbooks.format.library import library
from portal.runbooks.lint import Finding, lint_folder

commands = CommandGroup("runbooks", help="Runbooks: check what their authors wrote.")


@commands.command("lint")
@click.argument("path", required=False, type=click.Path(path_type=Path))
def lint(path: Path | None) -> None:
    """Name file, line and problem of everything to fix in PATH; exit 1 when there is any.

    PATH is a folder of runbooks or one file; without it the folder that this instance uses.
    """
    path = path or settings().runbooks_dir
    found = _findings(path)
    for finding in found:
        click.echo(finding)
    if found:
        raise SystemExit(1)
    root = path if path.is_dir() else path.parent
    count = len(library(root).runbooks) if path.is_dir() else 1
    click.echo(f"{count} runbook{'' if count == 1 else 's'}: no problems.")


def _findings(path: Path) -> list[Finding]:
    if path.is_dir():
        return lint_folder(path)
    if not path.is_file():
        raise NotFound(f"There is no file or folder {path}.")
    return [finding for finding in lint_folder(path.parent) if finding.path == path.name]
