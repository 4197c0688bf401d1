"""The list of runbooks, by folder, with the facts a reader needs before opening one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from portal.core.clock import now
from portal.core.errors import Invalid
from portal.core.paging import Page, page_of
from portal.runbooks.engine.queries import last_runs
from portal.runbooks.engine.validation import why_not_startable
from portal.runbooks.format.library import library
from portal.runbooks.format.parse import Runbook
from portal.runbooks.format.steps import Problem
from portal.runbooks.models import Run
from portal.runbooks.presentation.timing import usual_run_times

PAGE = 50


@dataclass(frozen=True)
class Entry:
    """`usual`: how long a run takes; `why`: the sentence why it is the one to begin with now."""

    runbook: Runbook
    last_run: Run | None
    problem: Problem | None
    usual: timedelta | None = None
    why: str | None = None

    @property
    def review_by(self) -> date | None:
        return self.runbook.facts.review_by

    @property
    def is_overdue(self) -> bool:
        return self.review_by is not None and self.review_by < now().date()


@dataclass(frozen=True)
class Catalogue:
    """`unreadable` lists all files that can't be read; `total` counts the folder's runbooks."""

    page: Page[Entry]
    unreadable: list[Invalid]
    total: int

    @property
    def folders(self) -> list[tuple[str, list[Entry]]]:
        """The folders on this page: path (empty for the top) and runbooks of each."""
        grouped = groupby(self.page.items, key=lambda entry: entry.runbook.folder)
        return [(folder, list(entries)) for folder, entries in grouped]


def catalogue(
    words: str = "", *, page: int = 1, urgent: Mapping[str, str] | None = None
) -> Catalogue:
    """One page of the runbooks that contain every word in path, title or text.

    Unreadable files are always listed. `urgent`: sentences by id; these runbooks are first.
    """
    why = urgent or {}
    books, wanted = library(), words.casefold().split()
    found = (
        [each for each in books.by_title if all(word in each.search_text for word in wanted)]
        if wanted
        else books.by_title
    )
    found = sorted(found, key=lambda each: each.id not in why)
    shown = page_of(found, number=page, size=PAGE)
    return Catalogue(
        page=shown.showing(_entries(shown.items, why)),
        unreadable=books.unreadable,
        total=len(books.runbooks),
    )


def _entries(books: Sequence[Runbook], why: Mapping[str, str]) -> list[Entry]:
    ids = [book.id for book in books]
    runs, times = last_runs(ids), usual_run_times(ids)
    return [
        Entry(
            book,
            runs.get(book.id),
            next(iter(why_not_startable(book)), None),
            times.get(book.id),
            why.get(book.id),
        )
        for book in books
    ]
