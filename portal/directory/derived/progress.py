"""How far the worker has come with a directory's derived tables, for staff."""

from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, func, null, select
from sqlalchemy.exc import DatabaseError

from portal.databases.engines import engine_for
from portal.databases.engines.derived import NOTHING, derived_state
from portal.databases.targets.config import Target
from portal.directory.derived.counts import COUNTS, LISTED
from portal.directory.derived.ratings import RATINGS
from portal.directory.derived.registry import Derived
from portal.directory.derived.tables import derived_counts
from portal.directory.index.sets.tokens import EVERYBODY
from portal.directory.index.tables import derived_search_words
from portal.directory.index.writing import SEARCH

FIGURES, INDEX = "kept figures", "search index"


@dataclass(frozen=True)
class Progress:
    """`done` and `total` are numbers of listed studios, if known."""

    name: str
    is_whole: bool
    is_newer: bool = False
    done: int | None = None
    total: int | None = None

    @property
    def is_ready(self) -> bool:
        """Nothing is left to fill by this release."""
        return self.is_whole or self.is_newer

    @property
    def sentence(self) -> str:
        if self.is_newer:
            return "made by a newer release, not used by this one"
        if self.is_whole:
            return "complete" if self.done is None else f"complete, {self._studios(self.done)}"
        if self.done is None:
            return "being filled"
        if self.total is None:
            return f"being filled: {self._studios(self.done)} so far"
        return f"being filled: {self.done:,} of {self._studios(self.total)}"

    def _studios(self, count: int) -> str:
        return f"{count:,} studio{'s' * (count != 1)}"


class State(NamedTuple):
    """A row of `derived_state`, and the numbers of studios indexed and listed."""

    derived: str
    rule: int
    filled_to: int
    is_whole: bool
    indexed: int | None
    listed: int | None


def progress_of(target: Target) -> list[Progress]:
    """Of a directory whose identity is confirmed; empty without derived tables. Two numbers are
    looked up, nothing is counted."""
    engine = engine_for(target.url)
    try:
        with engine.reading() as connection:
            names = engine.tables(connection) if target.is_directory else []
            if derived_state.name not in names:
                return []
            has_index = derived_search_words.name in names
            states = _states(connection, has_index=has_index)
    except DatabaseError:
        return []
    counts, ratings = (_progress(each, states.get(each.name)) for each in (COUNTS, RATINGS))
    is_whole, is_newer = counts.is_whole and ratings.is_whole, counts.is_newer or ratings.is_newer
    found = [Progress(FIGURES, is_whole, is_newer)]
    if has_index:
        index, state = _progress(SEARCH, states.get(SEARCH.name)), states.get(SEARCH.name)
        numbers = _numbers(state, total_is_known=counts.is_whole) if state else (None, None)
        found.append(Progress(INDEX, index.is_whole, index.is_newer, *numbers))
    return found


def _states(connection: Connection, *, has_index: bool) -> dict[str, State]:
    """By name. In one statement."""
    words, counts = derived_search_words.c, derived_counts.c
    indexed = select(words.studios).where(words.word == EVERYBODY).scalar_subquery()
    listed = select(func.sum(counts.studios)).where(counts.kind == LISTED).scalar_subquery()
    asked = (*derived_state.c, indexed if has_index else null(), listed)
    return {row[0]: State(*row) for row in connection.execute(select(*asked))}


def _progress(derived: Derived, state: State | None) -> Progress:
    if state is None:
        return Progress(derived.name, is_whole=False)
    is_whole = state.is_whole and state.rule == derived.rule
    return Progress(derived.name, is_whole, is_newer=state.rule > derived.rule)


def _numbers(state: State, *, total_is_known: bool) -> tuple[int | None, int | None]:
    if state.rule != SEARCH.rule or state.filled_to < NOTHING:
        return None, None
    return state.indexed or 0, (state.listed or 0) if total_is_known else None
