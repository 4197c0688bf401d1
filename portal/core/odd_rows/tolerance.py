"""A second try of a visitor's page: without the rows that can't be read, and with times that are
none as no value instead of an error.

Only then, so that no page pays for it, and only for pages, which decide nothing.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from portal.core.storage.sqlite import may_do

if TYPE_CHECKING:
    import psycopg

    from portal.core.odd_rows.scan import OddRow

_tolerant: ContextVar[bool] = ContextVar("tolerant", default=False)
TIMES = ("timestamptz", "timestamp")


def is_tolerant() -> bool:
    return _tolerant.get()


@contextmanager
def tolerating(connection: Connection, odd: Iterable["OddRow"]) -> Iterator[None]:
    """For everything that this connection reads within the block, which rolls back at its end."""
    driver: Any = connection.connection.driver_connection
    is_file = isinstance(driver, sqlite3.Connection)
    loaders = {} if is_file else _read_any_time(driver)
    token = _tolerant.set(True)
    try:
        if is_file:
            driver.text_factory = _any_text
            _hide(driver, odd)
        yield
    finally:
        _tolerant.reset(token)
        if is_file:
            driver.text_factory = str
        for name, loader in loaders.items():
            driver.adapters.register_loader(name, loader)


def _hide(driver: sqlite3.Connection, odd: Iterable["OddRow"]) -> None:
    """Behind temporary views of the tables’ names, which end with the transaction."""
    numbers: dict[str, list[int]] = defaultdict(list)
    for each in odd:
        if len(each.key) == 1 and isinstance(each.key[0], int):
            numbers[each.table].append(each.key[0])
    ((is_held,),) = driver.execute("PRAGMA query_only").fetchall()
    driver.set_authorizer(None)
    driver.execute("PRAGMA query_only = OFF")
    try:
        for table, ids in numbers.items():
            listed = ", ".join(map(str, ids))
            driver.execute(
                f'CREATE TEMP VIEW "{table}" AS SELECT * FROM main."{table}"'  # noqa: S608
                f" WHERE id NOT IN ({listed})"
            )
    finally:
        driver.execute(f"PRAGMA query_only = {is_held}")
        driver.set_authorizer(may_do)


def _any_text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _read_any_time(driver: "psycopg.Connection[Any]") -> dict[str, Any]:
    """Returns the loaders that it replaces. A server checks all else that it stores."""
    from psycopg.pq import Format  # noqa: PLC0415 — loaded on use
    from psycopg.types import datetime as own  # noqa: PLC0415

    before = {}
    for name, loader in zip(TIMES, (own.TimestamptzLoader, own.TimestampLoader), strict=True):
        oid = driver.adapters.types[name].oid
        before[name] = driver.adapters.get_loader(oid, Format.TEXT)
        driver.adapters.register_loader(name, _tolerant_loader(loader))
    return before


def _tolerant_loader(known: Any) -> Any:
    from psycopg import DataError  # noqa: PLC0415

    class Tolerant(known):  # type: ignore[misc]
        def load(self, data: Any) -> Any:
            try:
                return super().load(data)
            except (ValueError, OverflowError, DataError):
                return None

    return Tolerant
