"""One connection a database and page: what a page shows of a target is of one transaction.

It is opened when it is first needed and closed with the page. It is left for a new one as soon as
it may not lead to what stands at the address, or a question on it failed.
"""

import sqlite3
from collections.abc import Callable, Hashable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection, Inspector, inspect
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
"""A SQLite file's schema, identity and revision. It fails where one of the two tables, or a column
of them, isn't there: then each is asked alone."""
TABLES = (
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'"
)
LOOK, PLACE = "portal.look", "portal.place"
Answer = TypeVar("Answer")


@dataclass
class _Shared:
    connection: Connection
    ends: ExitStack = field(default_factory=ExitStack)
    users: int = 0
    is_left: bool = False

    def leave(self) -> None:
        """Nobody else gets it; closed once nobody uses it."""
        self.is_left = True
        self.close_if_done()

    def close_if_done(self) -> None:
        if self.is_left and not self.users:
            with suppress(DBAPIError):  # of one that is broken: it only read
                self.ends.close()


@contextmanager
def shared(
    url: URL, opened: Opened, *, holds: Holds, for_page: Opened | None = None
) -> Iterator[Connection]:
    """The page's connection to this address; one of its own where there is no page.

    `holds`: whether a connection still is as it was opened, on what stands at the address.
    `for_page`: how a page's own is opened, where that is another way.
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
    """Whether the page is connected there already."""
    page = current_page()
    found = page.answers.get((_Shared, key_of(url))) if page else None
    return bool(found and not found.is_left and holds(found.connection))


def once_on(connection: Connection, name: str, question: Callable[[Connection], Answer]) -> Answer:
    """Ask it once of a page's connection, which sees one state from beginning to end."""
    known: dict[str, Any] | None = connection.info.get(KNOWN)
    if known is None:
        return question(connection)
    if name not in known:
        known[name] = question(connection)
    answer: Answer = known[name]
    return answer


def look_at(connection: Connection) -> Inspector:
    """What reads the connection's schema, and belongs to it."""
    if not is_shared(connection):
        return inspect(connection)
    if LOOK not in connection.info:
        connection.info[LOOK] = inspect(connection)
    look: Inspector = connection.info[LOOK]
    return look


def has_table(connection: Connection, name: str) -> bool:
    """Also in another schema than the first of the search path, where unqualified names lead."""
    is_known = is_shared(connection) and name in table_names(connection)
    return is_known or look_at(connection).has_table(name)


def is_shared(connection: Connection) -> bool:
    return KNOWN in connection.info


def table_names(connection: Connection) -> list[str]:
    """Of the schema in which the tables are made, by name."""
    if is_shared(connection) and connection.dialect.name == "sqlite":
        return [each.name for each in sqlite_objects(connection) if each.type == "table"]
    return look_at(connection).get_table_names()


def tables_now(connection: Connection) -> list[str]:
    """The same, asked anew: for each transaction of a page, which waits for it."""
    if connection.dialect.name == "sqlite":
        return [name for (name,) in connection.exec_driver_sql(TABLES)]
    return inspect(connection).get_table_names()


class SqliteObject(NamedTuple):
    type: str
    name: str
    table: str
    sql: str


class WholeFile(NamedTuple):
    """What a page asks of a SQLite file at once. `labels`: the rows of its identity."""

    objects: list[SqliteObject]
    labels: list[tuple[Any, ...]]
    versions: list[Any]


def whole_file(connection: Connection) -> WholeFile | None:
    """None where it is no page's connection to a SQLite file, or isn't all there."""
    if not is_shared(connection) or connection.dialect.name != "sqlite":
        return None
    return once_on(connection, "whole", _whole_file)


def ask_along(url: URL, name: str, statement: str) -> None:
    """On this page, with what is asked of that SQLite file at once: one value, and its name for
    `once_on`. Where the statement fails nothing of it is known."""
    if page := current_page():
        page.answers[ask_along, key_of(url)] = name, statement


def _asked_along(connection: Connection) -> tuple[str, str] | None:
    page, place = current_page(), connection.info.get(PLACE)
    found: tuple[str, str] | None = page.answers.get((ask_along, place)) if page else None
    return found


def _whole_file(connection: Connection) -> WholeFile | None:
    along = _asked_along(connection)
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
    except (DBAPIError, sqlite3.Error):  # the driver's own, of a text that can't be read
        return None


def rows_of(connection: Connection, statement: str) -> list[tuple[Any, ...]]:
    """As the driver gives them: SQLAlchemy would make an object of each."""
    with connection.exec_driver_sql(statement) as result:
        return list(result.cursor.fetchall()) if result.cursor else []


def sqlite_objects(connection: Connection) -> list[SqliteObject]:
    """All that a file's schema holds, by kind and name."""
    return once_on(connection, "objects", _sqlite_objects)


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
