"""What pages were told of a SQLite file, kept by a process while the file's marks stay the same.

Only pages have it (see `sharing.shared`): a change, a command and an operation ask the file. A
question that is not known yet opens the file as ever.
"""

import sqlite3
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, cast

from sqlalchemy import Connection, Engine

from portal.databases.engines.sqlite_marks import Marks

KNOWN = "portal.known"
LONGEST = 60.0
"""Seconds for which anything is kept, whatever the marks say."""
FILES = 32
AT_HAND = frozenset(
    {
        *("info", "engine", "dialect", "closed", "finish", "__class__", "__dict__"),
        *("_info", "_still", "_is_open", "_is_done", "_open"),
    }
)


@dataclass(frozen=True)
class _Kept:
    marks: Marks
    answers: dict[str, Any] = field(default_factory=dict)
    since: float = field(default_factory=time.monotonic)


_kept: dict[Hashable, _Kept] = {}
_lock = Lock()


def answers_at(place: Hashable, marks: Marks) -> dict[str, Any] | None:
    """What is known of the file with these marks; None where nothing is."""
    found = _kept.get(place)
    if found is None or found.marks != marks or time.monotonic() - found.since > LONGEST:
        return None
    return found.answers


def keep_answers(place: Hashable, marks: Marks) -> dict[str, Any]:
    """Where to put what is asked from now on in a transaction that began after these marks."""
    found = _Kept(marks)
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
    """A page's connection to a file of which something is known: opened by whatever is not.

    `still`: whether the marks are the same. Where they aren't once it is open, nothing that was
    known before is used any more.
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
        """Like `close`, without opening it for that."""
        self._is_done = True
        if self._is_open:
            self.close()

    def _open(self) -> None:
        self._is_open = True
        super().__init__(self.engine)
        self.begin()
        begin_to_read(self)
        if not self._still():
            self._info[KNOWN] = {}


def is_unopened(connection: Connection) -> bool:
    return isinstance(connection, LateConnection) and not connection._is_open


def begin_to_read(connection: Connection) -> None:
    """From here on the transaction sees one state."""
    driver = cast(sqlite3.Connection, connection.connection.driver_connection)
    driver.execute("PRAGMA schema_version").fetchall()
