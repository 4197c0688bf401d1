"""`flask emails lint`."""

from pathlib import Path

import click

from portal.audit.refusals import CommandGroup
from portal.core.configuration.settings import settings
from portal.core.errors import NotFound
from portal.documents.folders.folder import DocumentFolder
from portal.emails.lint import Problem, lint_folder

commands = CommandGroup("emails", help="Messages to clients: check what templates hold.")


@commands.command("lint")
@click.argument("path", required=False, type=click.Path(path_type=Path))
def lint(path: Path | None) -> None:
    """Name file, line and problem of everything to fix in PATH; exit 1 when there is any.

    PATH is a folder of templates or one file; without it the folder that this instance uses.
    """
    path = path or settings().incidents_dir / "emails"
    found = _problems(path)
    for problem in found:
        click.echo(problem)
    if found:
        raise SystemExit(1)
    count = len(DocumentFolder(path).documents()) if path.is_dir() else 1
    click.echo(f"{count} template{'' if count == 1 else 's'}: no problems.")


def _problems(path: Path) -> list[Problem]:
    if path.is_dir():
        return lint_folder(path)
    if not path.is_file():
        raise NotFound(f"There is no file or folder {path}.")
    return [problem for problem in lint_folder(path.parent) if problem.path == path.name]
