"""The list of runbooks: by folder, with what is worth knowing before one opens them."""

from dataclasses import dataclass
from datetime import date
from itertools import groupby
from pathlib import PurePosixPath

from portal.core.clock import now
from portal.core.errors import Invalid
from portal.runbooks.format import Runbook
from portal.runbooks.library import library
from portal.runbooks.models import Run
from portal.runbooks.queries import last_runs
from portal.runbooks.startable import why_not_startable
from portal.runbooks.steps import Problem


@dataclass(frozen=True)
class Entry:
    runbook: Runbook
    last_run: Run | None
    problem: Problem | None

    @property
    def review_by(self) -> date | None:
        return self.runbook.facts.review_by

    @property
    def is_overdue(self) -> bool:
        return self.review_by is not None and self.review_by < now().date()


@dataclass(frozen=True)
class Catalogue:
    """`folders`: path of each folder, empty for the top, with its runbooks."""

    folders: list[tuple[str, list[Entry]]]
    unreadable: list[Invalid]
    total: int


def catalogue(words: str = "") -> Catalogue:
    """Those that hold every word in path, title or text; unreadable files always."""
    books, runs = library(), last_runs()
    wanted = words.lower().split()
    found = [
        Entry(book, runs.get(book.id), next(iter(why_not_startable(book)), None))
        for book in books.runbooks
        if all(word in f"{book.id} {book.title} {book.document.body}".lower() for word in wanted)
    ]
    found.sort(key=lambda entry: (_folder(entry), entry.runbook.title.lower()))
    folders = [(folder, list(entries)) for folder, entries in groupby(found, key=_folder)]
    return Catalogue(folders, books.unreadable, len(books.runbooks))


def _folder(entry: Entry) -> str:
    parent = PurePosixPath(entry.runbook.id).parent.as_posix()
    return "" if parent == "." else parent
