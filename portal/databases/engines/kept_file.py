"""Query results of a SQLite file, cached by a process while the file's marks stay the same.

Only pages use the cache (see `sharing.shared`): changes, commands and operations query the file. A
query that is not cached opens the file as usual.
"""

import sqlite3
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, cast

from sqlalchemy import Connection, Engine

KNOWN = "portal.known"
LONGEST = 60.0
"""Seconds until an entry expires, whatever the marks say."""
FILES = 32
AT_HAND = frozenset(
    {
        *("info", "engine", "dialect", "closed", "finish", "__class__", "__dict__"),
        *("_info", "_still", "_is_open", "_is_done", "_open"),
    }
)


@dataclass(frozen=True)
class KeptAnswers:
    """What was read at a place with these marks."""

    marks: Hashable
    answers: dict[Any, Any] = field(default_factory=dict)
    since: float = field(default_factory=time.monotonic)


_kept: dict[Hashable, KeptAnswers] = {}
_lock = Lock()


def answers_at(place: Hashable, marks: Hashable) -> dict[Any, Any] | None:
    """The cached results of the file with these marks; None if there are none."""
    found = newest_answers(place)
    return found.answers if found and found.marks == marks else None


def newest_answers(place: Hashable) -> KeptAnswers | None:
    """What was read last, for a caller that compares the marks when it knows them."""
    found = _kept.get(place)
    return None if found is None or time.monotonic() - found.since > LONGEST else found


def answers_for(place: Hashable, marks: Hashable) -> dict[Any, Any]:
    """The cached results with these marks, or a new dictionary for a transaction that read them."""
    known = answers_at(place, marks)
    return keep_answers(place, marks) if known is None else known


def keep_answers(place: Hashable, marks: Hashable) -> dict[Any, Any]:
    """A dictionary for the results of a transaction that began after these marks."""
    found = KeptAnswers(marks)
    with _lock:
        _kept.pop(place, None)
        while len(_kept) >= FILES:
            del _kept[next(iter(_kept))]
        _kept[place] = found
    return found.answers


def forget_answers(place: Hashable) -> None:
    with _lock:
        _kept.pop(place, None)


def forget_all() -> None:
    with _lock:
        _kept.clear()


class LateConnection(Connection):
    """A page's connection to a file with cached results: opened by the first uncached query.

    `still`: whether the marks are unchanged. If they are not once it is open, earlier results are
    no longer used.
    """

    def __init__(self, engine: Engine, known: dict[str, Any], still: Callable[[], bool]) -> None:
        self.engine, self.dialect = engine, engine.dialect
        self._info: dict[Any, Any] = {KNOWN: known}
        self._still = still
        self._is_open = self._is_done = False

    def __getattribute__(self, name: str) -> Any:
        if name not in AT_HAND and not object.__getattribute__(self, "_is_open"):
            object.__getattribute__(self, "_open")()
        return object.__getattribute__(self, name)

    @property
    def info(self) -> dict[Any, Any]:
        return self._info

    @property
    def closed(self) -> bool:
        return super().closed if self._is_open else self._is_done

    def finish(self) -> None:
        """Like `close`, but does not open the connection first."""
        self._is_done = True
        if self._is_open:
            self.close()

    def _open(self) -> None:
        self._is_open = True
        super().__init__(self.engine)
        self.begin()
        self._start()

    def _start(self) -> None:
        begin_to_read(self)
        if not self._still():
            self._info[KNOWN] = {}


def is_unopened(connection: Connection) -> bool:
    return isinstance(connection, LateConnection) and not connection._is_open


def begin_to_read(connection: Connection) -> None:
    """Begin the transaction's snapshot."""
    driver = cast(sqlite3.Connection, connection.connection.driver_connection)
    driver.execute("PRAGMA schema_version").fetchall()
