"""The places file, opened once per thread, read only.

Without it only the cities that studios name are known; no page fails for that.
"""

import logging
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache, wraps
from importlib.resources import files
from threading import local
from typing import Any, Generic, TypeVar, TypeVarTuple
from urllib.parse import quote

Asked = TypeVarTuple("Asked")
Answer = TypeVar("Answer")
_threads = local()
log = logging.getLogger(__name__)


class _IncompleteError(Exception, Generic[Answer]):
    """An answer for which the file could not be read."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


def cached_answers(most: int) -> Callable[[Callable[[*Asked], Answer]], Callable[[*Asked], Answer]]:
    """A cache of so many answers. One found while the file could not be read is not cached: it may
    be readable the next time."""

    def of(function: Callable[[*Asked], Answer]) -> Callable[[*Asked], Answer]:
        @lru_cache(most)
        def cached(*args: Any) -> Answer:
            before = failures()
            answer: Answer = function(*args)
            if failures() != before:
                raise _IncompleteError(answer)
            return answer

        @wraps(function)
        def ask(*args: *Asked) -> Answer:
            try:
                return cached(*args)
            except _IncompleteError as incomplete:
                answer: Answer = incomplete.answer
                return answer

        return ask

    return of


def failures() -> int:
    """How often this thread could not read the file."""
    found: int = getattr(_threads, "failures", 0)
    return found


def rows(sql: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> list[Any]:
    """No rows if the file is missing or damaged, which is logged."""
    try:
        return _asked(sql, values)
    except sqlite3.Error as error:
        _threads.connection, _threads.failures = None, failures() + 1
        log.error("The file of places can't be read: %s", error)
        return []


def is_readable() -> bool:
    return bool(rows("SELECT 1 FROM countries LIMIT 1"))


def _asked(sql: str, values: Sequence[Any] | Mapping[str, Any]) -> list[Any]:
    connection: sqlite3.Connection | None = getattr(_threads, "connection", None)
    if connection is None:
        connection = _threads.connection = sqlite3.connect(_address(), uri=True)
    return connection.execute(sql, values).fetchall()


@cache
def _address() -> str:
    """With `immutable`: SQLite takes no lock and writes no file next to it."""
    return f"file:{quote(str(files(__package__) / 'places.sqlite3'))}?mode=ro&immutable=1"
