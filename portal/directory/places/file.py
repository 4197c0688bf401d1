"""The file of places, opened once in each thread and never written."""

import sqlite3
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from threading import local
from typing import Any
from urllib.parse import quote

_threads = local()


def rows(sql: str, values: Sequence[Any] = ()) -> list[Any]:
    connection: sqlite3.Connection | None = getattr(_threads, "connection", None)
    if connection is None:
        connection = _threads.connection = sqlite3.connect(_address(), uri=True)
    return connection.execute(sql, values).fetchall()


@cache
def _address() -> str:
    """`immutable`: no lock is taken and nothing is ever written beside it."""
    return f"file:{quote(str(files(__package__) / 'places.sqlite3'))}?mode=ro&immutable=1"
