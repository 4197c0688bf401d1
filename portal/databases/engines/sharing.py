"""One connection per database and page: what a page shows of a target comes from one transaction.

It is opened on first use and closed with the page. It is replaced by a new one as soon as it may
not lead to what is at the address, or a query on it failed.
"""

import sqlite3
from collections.abc import Callable, Hashable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection, Inspector, event, inspect
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from portal.core.page import Page, current_page
from portal.core.storage.urls import key_of
from portal.databases.engines.kept_file import KNOWN, forget_answers

Opened = Callable[[], AbstractContextManager[Connection]]
Holds = Callable[[Connection], bool]
OBJECTS = "SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_master ORDER BY type, name"
WHOLE = (
    "SELECT 'object', type, name, tbl_name, coalesce(sql, ''), NULL FROM sqlite_master UNION ALL"
    " SELECT 'label', application, environment, database_uuid, stamped_at, signature"
    " FROM portal_identity UNION ALL"
    " SELECT 'version', version_num, NULL, NULL, NULL, NULL FROM alembic_version ORDER BY 1, 2, 3"
)
"""A SQLite file's schema, identity and revision. It fails if one of the two tables, or one of their
columns, is missing: then each is queried alone.
"""
TABLES = (
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'"
)
LOOK, PLACE = "portal.look", "portal.place"
WHOLE_FILE = "whole"
OF_SCHEMA = "portal.of-schema"
"""On a page's connection to a server: the answers that hold while the schema's marks stay."""
Answer = TypeVar("Answer")


@dataclass
class _Shared:
    connection: Connection
    ends: ExitStack = field(default_factory=ExitStack)
    users: int = 0
    is_left: bool = False

    def leave(self) -> None:
        """Not shared any more; closed once it has no users."""
        self.is_left = True
        self.close_if_done()

    def close_if_done(self) -> None:
        if self.is_left and not self.users:
            with suppress(DBAPIError):  # of a broken connection: it only read
                self.ends.close()


@contextmanager
def shared(
    url: URL, opened: Opened, *, holds: Holds, for_page: Opened | None = None
) -> Iterator[Connection]:
    """The page's connection to this address; a separate one outside a page.

    `holds`: whether a connection is still as it was opened, on the database at the address.
    `for_page`: how a page's own connection is opened, if that differs.
    """
    page = current_page()
    if page is None:
        with opened() as connection:
            yield connection
        return
    found = _shared(page, key_of(url), for_page or opened, holds)
    found.users += 1
    try:
        yield found.connection
    except BaseException:
        found.is_left = True
        forget_answers(key_of(url))
        raise
    finally:
        found.users -= 1
        found.close_if_done()


def has_shared(url: URL, holds: Holds) -> bool:
    """Whether the page already has a connection to it."""
    page = current_page()
    found = page.answers.get((_Shared, key_of(url))) if page else None
    return bool(found and not found.is_left and holds(found.connection))


def cached_on(
    connection: Connection, name: str, question: Callable[[Connection], Answer]
) -> Answer:
    """Cache a query's result on a page's connection, which sees one snapshot throughout."""
    return _cached(connection, KNOWN, name, question)


def cached_per_schema(
    connection: Connection, name: Hashable, question: Callable[[Connection], Answer]
) -> Answer:
    """Cache a query about the schema and its rights between pages, until one of them changes.

    Callers must not modify the answer.
    """
    return _cached(connection, OF_SCHEMA, name, question)


def _cached(
    connection: Connection, kind: str, name: Hashable, question: Callable[[Connection], Answer]
) -> Answer:
    known: dict[Hashable, Any] | None = connection.info.get(kind)
    if known is None:
        return question(connection)
    if name not in known:
        known[name] = question(connection)
    answer: Answer = known[name]
    return answer


@contextmanager
def asked_once(connection: Connection) -> Iterator[None]:
    """Under a target's lock: until something is written, or `ask_again`, each query about schema,
    label and revision is sent once."""
    if is_shared(connection):
        yield
        return
    connection.info.update({KNOWN: {}, OF_SCHEMA: {}})

    def notice(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if not statement.lstrip().upper().startswith(("SELECT", "PRAGMA")):
            ask_again(connection)

    event.listen(connection, "before_cursor_execute", notice)
    try:
        yield
    finally:
        event.remove(connection, "before_cursor_execute", notice)
        ask_again(connection)


def ask_again(connection: Connection) -> None:
    for kind in (KNOWN, OF_SCHEMA, LOOK):
        connection.info.pop(kind, None)


def look_at(connection: Connection) -> Inspector:
    """The inspector of the connection's schema, cached on the connection of a page."""
    if not is_shared(connection):
        return inspect(connection)
    if LOOK not in connection.info:
        connection.info[LOOK] = inspect(connection)
    look: Inspector = connection.info[LOOK]
    return look


def has_table(connection: Connection, name: str) -> bool:
    """Also finds a table outside of the search path's first schema, as unqualified names do."""
    is_known = is_shared(connection) and name in table_names(connection)
    return is_known or cached_per_schema(
        connection, ("has_table", name), lambda here: look_at(here).has_table(name)
    )


def is_shared(connection: Connection) -> bool:
    return KNOWN in connection.info


def table_names(connection: Connection) -> list[str]:
    """Tables of the schema in which new tables are created, by name."""
    if is_shared(connection) and connection.dialect.name == "sqlite":
        return [each.name for each in sqlite_objects(connection) if each.type == "table"]
    return cached_per_schema(
        connection, "table names", lambda here: look_at(here).get_table_names()
    )


def tables_now(connection: Connection) -> list[str]:
    """The same, without a cache: for each transaction of a page, which waits for it."""
    if connection.dialect.name == "sqlite":
        return [name for (name,) in connection.exec_driver_sql(TABLES)]
    return inspect(connection).get_table_names()


class SqliteObject(NamedTuple):
    type: str
    name: str
    table: str
    sql: str


class WholeFile(NamedTuple):
    """What a page reads of a database in one query. `labels`: the rows of its identity."""

    objects: list[SqliteObject]
    labels: list[tuple[Any, ...]]
    versions: list[Any]


def whole_file(connection: Connection) -> WholeFile | None:
    """None if it is not a page's connection, or the database lacks a part of it.

    A server's has no objects here, and comes with the marks of its catalogue or not at all.
    """
    if not is_shared(connection):
        return None
    if connection.dialect.name != "sqlite":
        whole: WholeFile | None = connection.info[KNOWN].get(WHOLE_FILE)
        return whole
    return cached_on(connection, WHOLE_FILE, _whole_file)


def prefetch(url: URL, name: str, statement: str) -> None:
    """Add a query to the one that this page sends to the database: one value, under its name for
    `cached_on`. If the statement fails, none of it is cached.
    """
    if page := current_page():
        page.answers[prefetch, key_of(url)] = name, statement


def added_query(place: Hashable) -> tuple[str, str] | None:
    """Name and statement of the query that was added for this place."""
    page = current_page()
    found: tuple[str, str] | None = page.answers.get((prefetch, place)) if page else None
    return found


def _whole_file(connection: Connection) -> WholeFile | None:
    along = added_query(connection.info.get(PLACE))
    rows = _rows_of_whole(connection, along[1]) if along else None
    if rows is None:
        rows, along = _rows_of_whole(connection), None
    if rows is None:
        return None
    found: dict[str, list[tuple[Any, ...]]] = {
        "object": [], "label": [], "version": [], "along": []
    }  # fmt: skip
    for row in rows:
        found[row[0]].append(row)
    if along:
        connection.info[KNOWN][along[0]] = found["along"][0][1]
    return WholeFile(
        [SqliteObject(*row[1:5]) for row in found["object"]],
        [row[1:] for row in found["label"]],
        [row[1] for row in found["version"]],
    )


def _rows_of_whole(
    connection: Connection, along: str | None = None
) -> list[tuple[Any, ...]] | None:
    more = f"SELECT 'along', ({along}), NULL, NULL, NULL, NULL UNION ALL " if along else ""
    try:
        return rows_of(connection, more + WHOLE)
    except (DBAPIError, sqlite3.Error):  # the driver's own error, for a text that can't be decoded
        return None


def rows_of(connection: Connection, statement: str) -> list[tuple[Any, ...]]:
    """Rows as the driver returns them: SQLAlchemy would create an object for each."""
    with connection.exec_driver_sql(statement) as result:
        return list(result.cursor.fetchall()) if result.cursor else []


def sqlite_objects(connection: Connection) -> list[SqliteObject]:
    """All objects of a file's schema, by kind and name."""
    return cached_on(connection, "objects", _sqlite_objects)


def _sqlite_objects(connection: Connection) -> list[SqliteObject]:
    if whole := whole_file(connection):
        return whole.objects
    found = connection.exec_driver_sql(OBJECTS)
    return [SqliteObject(*each) for each in found]


def _shared(page: Page, url: Hashable, opened: Opened, holds: Holds) -> _Shared:
    found: _Shared | None = page.answers.get((_Shared, url))
    if found and not found.is_left and holds(found.connection):
        return found
    if found:
        found.leave()
    ends = ExitStack()
    connection = ends.enter_context(opened())
    connection.info.setdefault(KNOWN, {})
    connection.info[PLACE] = url
    page.answers[_Shared, url] = found = _Shared(connection, ends)
    page.ends.callback(found.leave)
    return found
