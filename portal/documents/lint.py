"""Problems that the author of a document should fix, and how the command line reports them."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from portal.core.errors import Invalid, NotFound

_PLACE = re.compile(r"(.*?\.md)(?:, line (\d+))?: (.*)", re.S)


@dataclass(frozen=True, order=True)
class FileProblem:
    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


def unreadable(error: Invalid, *, folder: str) -> FileProblem:
    """Why a file can't be read; of the `folder` if the error names no file."""
    found = _PLACE.fullmatch(error.sentence)
    return (
        FileProblem(found[1], int(found[2] or 1), found[3])
        if found
        else FileProblem(folder, 1, str(error))
    )


def problems_at(path: Path, lint_folder: Callable[[Path], list[FileProblem]]) -> list[FileProblem]:
    """Of a folder or one file. Raises NotFound."""
    if path.is_dir():
        return lint_folder(path)
    if not path.is_file():
        raise NotFound(f"There is no file or folder {path}.")
    return [each for each in lint_folder(path.parent) if each.path == path.name]


def show_problems(found: Sequence[FileProblem], *, count: int, noun: str) -> None:
    """Print the problems of `count` documents; exit with 1 if there are any."""
    for problem in found:
        click.echo(problem)
    if found:
        raise SystemExit(1)
    click.echo(f"{count} {noun}{'' if count == 1 else 's'}: no problems.")
