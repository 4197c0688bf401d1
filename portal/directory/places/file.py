"""The places file, opened once per thread, read only.

Without it only the cities that studios name are known; no page fails for that.
"""

import logging
import sqlite3
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from threading import local
from typing import Any
from urllib.parse import quote

_threads = local()
log = logging.getLogger(__name__)


def rows(sql: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> list[Any]:
    """No rows if the file is missing or damaged, which is logged."""
    try:
        return _asked(sql, values)
    except sqlite3.Error as error:
        _threads.connection = None
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
