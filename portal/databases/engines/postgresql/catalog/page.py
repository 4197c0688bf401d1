"""A page's connection to a PostgreSQL database.

One statement tells whether the catalogue is still the one that an earlier page read, and with it
what most pages ask besides: label and revision. A transaction is begun by a page that asks more.
"""

import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any
from weakref import finalize

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from portal.core.storage.urls import key_of
from portal.databases.engines.kept_file import KNOWN, LateConnection, answers_for, newest_answers
from portal.databases.engines.postgresql import server
from portal.databases.engines.postgresql.catalog.marks import QUESTION
from portal.databases.engines.sharing import (
    OF_SCHEMA,
    WHOLE_FILE,
    WholeFile,
    added_query,
    cached_per_schema,
    rows_of,
)

KEPT = 3
"""Connections of a process to a database that stay open between pages. Most pages need one for a
single statement."""
OPENED = "portal.opened"
HAS_BOTH = "has label and revision"
LABEL = ("application", "environment", "database_uuid", "stamped_at", "signature")

_BOTH = (
    f", (SELECT json_agg(json_build_array({', '.join(LABEL)})) FROM portal_identity)"  # noqa: S608
    ", (SELECT json_agg(version_num) FROM alembic_version)"
)
_TEXTS = (
    "SELECT c.relname, a.attname FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid"
    " WHERE c.oid IN (to_regclass('portal_identity'), to_regclass('alembic_version'))"
    " AND c.relkind = 'r' AND a.atttypid IN ('text'::regtype, 'varchar'::regtype)"
    " AND a.attnum > 0 AND NOT a.attisdropped"
)


@contextmanager
def page_reading(url: URL) -> Iterator[Connection]:
    """Like `server.reading`, for a page: on a connection that may have served an earlier page.

    A connection follows its database when that is renamed; then another one is opened.
    """
    reader = _reader(_Place(key_of(url), url))
    if late := _late(reader):
        try:
            yield late
        finally:
            late.finish()
        return
    with reader.in_snapshot.connect() as connection:
        opened = connection.info.pop(OPENED)
        connection.info.clear()  # it belongs to the connection, which outlives a page
        connection.info[OPENED] = opened
        transaction = connection.begin()
        database, marks = connection.exec_driver_sql(QUESTION).one()
        if database == url.database:
            connection.info[OF_SCHEMA] = answers_for(reader.place.key, marks)
            cached_per_schema(connection, HAS_BOTH, _has_both)
            with transaction:
                yield connection
            return
        connection.invalidate()
    with server.reading(url) as connection:
        yield connection


class _LateAnswers:
    """What is known of the schema, until something else is asked: then the marks are read again, in
    the transaction that is asked, and what it answers is kept by those."""

    def __init__(self, known: dict[Any, Any], verified: Callable[[], dict[Any, Any]]) -> None:
        self._answers, self._verified = known, verified
        self._is_verified = False

    def __contains__(self, name: Hashable) -> bool:
        if name not in self._answers and not self._is_verified:
            self._answers, self._is_verified = self._verified(), True
        return name in self._answers

    def __getitem__(self, name: Hashable) -> Any:
        return self._answers[name]

    def __setitem__(self, name: Hashable, answer: object) -> None:
        self._answers[name] = answer


class _LatePage(LateConnection):
    """Begins its transaction at the first question that was not answered with the marks."""

    def __init__(self, reader: "_Reader", known: dict[Any, Any], answers: dict[Any, Any]) -> None:
        super().__init__(reader.in_snapshot, known, lambda: True)
        self._info[OF_SCHEMA] = _LateAnswers(answers, partial(_answers, self, reader.place))
        self._looked = time.monotonic()

    def _start(self) -> None:
        """What is asked from here on is all of this transaction's snapshot.

        A connection that was open at the look leads to the same database, as one in use can't be
        replaced.
        """
        self._info[KNOWN] = {}
        if self.connection.info.get(OPENED, float("inf")) > self._looked:
            self._info[OF_SCHEMA] = {}


def _late(reader: "_Reader") -> LateConnection | None:
    """None if the catalogue is not known, or has changed, or can't be asked with the rest."""
    kept = newest_answers(reader.place.key)
    if kept is None or not kept.answers.get(HAS_BOTH):
        return None
    along = added_query(reader.place.key)
    more = f", ({along[1]})" if along else ""
    with reader.at_once.connect() as connection:
        try:
            ((database, marks, labels, versions, *values),) = rows_of(
                connection, f"{QUESTION}{_BOTH}{more}"
            )
        except DBAPIError:
            return None
    if database != reader.place.url.database or marks != kept.marks:
        return None
    whole = WholeFile([], [tuple(each) for each in labels or []], versions or [])
    known = {WHOLE_FILE: whole, **({along[0]: values[0]} if along else {})}
    return _LatePage(reader, known, kept.answers)


def _answers(connection: Connection, place: "_Place") -> dict[Any, Any]:
    """Where the answers of this transaction are kept: nowhere, if it is another database."""
    database, marks = connection.exec_driver_sql(QUESTION).one()
    return answers_for(place.key, marks) if database == place.url.database else {}


def _has_both(connection: Connection) -> bool:
    """Whether label and revision are texts in tables of their own, and so can be read at once."""
    found = {(table, column) for table, column in connection.exec_driver_sql(_TEXTS)}
    wanted = {("portal_identity", each) for each in LABEL}
    return found >= {*wanted, ("alembic_version", "version_num")}


@dataclass(frozen=True)
class _Place:
    key: Hashable
    url: URL = field(compare=False)


@dataclass(frozen=True)
class _Reader:
    """The same pool: each statement alone, and a transaction with one snapshot."""

    place: _Place
    at_once: Engine
    in_snapshot: Engine


@lru_cache(maxsize=16)
def _reader(place: _Place) -> _Reader:
    engine = server.open_pooled(place.url, keeps=KEPT)

    @event.listens_for(engine, "connect")
    def _show_every_row(connection: Any, record: ConnectionPoolEntry) -> None:
        record.info[OPENED] = time.monotonic()
        connection.prepare_threshold = 1  # planning the question takes longer than answering it
        connection.execute("SET row_security = off")
        connection.commit()

    reader = _Reader(
        place,
        at_once=engine.execution_options(isolation_level="AUTOCOMMIT"),
        in_snapshot=engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        ),
    )
    finalize(reader, engine.dispose)  # else its connections stay open until they are collected
    return reader
