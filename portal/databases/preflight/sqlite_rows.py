"""SQLite: rows that refer to nothing, and values that the code can't read.

SQLite keeps any value in any column. A statement finds those that do not look like their column's;
then the type itself that the code reads them with decides.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects.sqlite import DATE, DATETIME, dialect
from sqlalchemy.exc import DatabaseError

from portal.databases.engines.base import first_line
from portal.databases.engines.content import any_text
from portal.databases.engines.derived import is_derived
from portal.databases.engines.sqlite.connections import driver
from portal.databases.engines.sqlite.references import broken_references
from portal.databases.preflight.columns import words_of
from portal.databases.preflight.findings import (
    AGAIN,
    NAMED_AT_MOST,
    NOTHING,
    Found,
    Subject,
    counted,
)

Read = Callable[[Any], object]
_MOMENT: Any = DATETIME
_DAY: Any = DATE
DAY = "[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]"
TIME = "[ T][0-2][0-9]:[0-5][0-9]:[0-5][0-9]"


@dataclass(frozen=True)
class Kind:
    """`odd`: a condition for values that may be unreadable; `read`: raises for those that are;
    None if all odd ones are."""

    meant: str
    odd: str
    read: Read | None = None


def references(subject: Subject) -> Iterator[Found]:
    """SQLite takes such rows along in a copy; a revision may refuse them, and PostgreSQL would."""
    with subject.reading() as connection:
        for table in broken_references(connection):
            yield from _orphans(connection, table)


def _orphans(connection: Connection, table: str) -> Iterator[Found]:
    keys = connection.exec_driver_sql(f"PRAGMA main.foreign_key_list({_name(table)})").all()
    columns = {number: [row[3] for row in keys if row[0] == number] for number, *_ in keys}
    rows = connection.exec_driver_sql(f"PRAGMA main.foreign_key_check({_name(table)})").all()
    for number in sorted({row[3] for row in rows}):
        found = [row for row in rows if row[3] == number]
        named = tuple(
            _named(connection, table, row[1], columns[number]) for row in found[:NAMED_AT_MOST]
        )
        ids = ", ".join(str(row[1]) for row in found[:NAMED_AT_MOST] if row[1] is not None)
        more = f" -- and {len(found) - NAMED_AT_MOST} more" if len(found) > NAMED_AT_MOST else ""
        yield Found(
            f"{counted(len(found), 'row')} of {table} refer{'s' if len(found) == 1 else ''} to no"
            f" row of {found[0][2]} ({', '.join(columns[number])}): they would appear on whatever"
            " gets that number next.",
            "Give them to rows that exist, or delete them:"  # noqa: S608
            f" DELETE FROM {_name(table)} WHERE rowid IN ({ids});{more}",
            NOTHING,
            named,
            len(found),
        )


def _named(connection: Connection, table: str, rowid: int | None, columns: list[str]) -> str:
    """A table without row numbers has no name for its rows here."""
    if rowid is None:
        return f"{table}: a row of a table without row numbers"
    listed = ", ".join(_name(each) for each in columns)
    query = f"SELECT {listed} FROM {_name(table)} WHERE rowid = {int(rowid)}"  # noqa: S608
    row = connection.exec_driver_sql(query).one()
    pairs = ", ".join(f"{a} = {b}" for a, b in zip(columns, row, strict=True))
    return f"{table} id = {rowid}: {pairs}"


def values(subject: Subject) -> Iterator[Found]:
    """Table by table: one that can't be read ends no other."""
    with subject.reading() as connection:
        subject.engine.read_any_text(connection)
        for name in subject.engine.tables(connection):
            if is_derived(name):
                continue
            try:
                table = _Table(name, _key_of(connection, name))
                yield from list(_of_table(subject, connection, table))
                yield from list(_undecoded(connection, table))
            except (DatabaseError, sqlite3.Error) as error:
                sentence = f"Values of {name} could not be looked at: {first_line(error)}"
                yield Found(sentence, AGAIN, is_unknown=True)


@dataclass(frozen=True)
class _Table:
    """`key`: by which a row is named, as SQL: the row's number, or its primary key."""

    name: str
    key: str

    @property
    def quoted(self) -> str:
        return _name(self.name)


def _key_of(connection: Connection, table: str) -> str:
    try:
        driver(connection).execute(f"SELECT rowid FROM {_name(table)} LIMIT 0")  # noqa: S608
    except sqlite3.OperationalError:
        info = connection.exec_driver_sql(f"PRAGMA main.table_info({_name(table)})").all()
        keys = sorted((row[5], row[1]) for row in info if row[5])
        return " || ', ' || ".join(_name(name) for _, name in keys)
    return "rowid"


def _of_table(subject: Subject, connection: Connection, table: _Table) -> Iterator[Found]:
    words = words_of(subject, table.name)
    for column, kind in _kinds(connection, table.name, words):
        rows = _odd(connection, table, column, kind.odd)
        wrong = [(key, value) for key, value in rows if _fails(kind.read, value)]
        if wrong:
            named = wrong[:NAMED_AT_MOST]
            keys = ", ".join(_literal(key) for key, _ in named)
            yield Found(
                f"{counted(len(wrong), 'value')} of {table.name}.{column} can't be read: the code"
                f" reads {kind.meant}. What shows or copies such a row fails.",
                "With the right value in place of …:"  # noqa: S608
                f" UPDATE {table.quoted} SET {_name(column)} = … WHERE {table.key} IN ({keys});",
                NOTHING,
                tuple(
                    f"{table.name} id = {key}: {column} = {_shown(value)}" for key, value in named
                ),
                len(wrong),
            )


def _undecoded(connection: Connection, table: _Table) -> Iterator[Found]:
    """Texts in another encoding than the database's: a page that reads one fails."""
    raw = driver(connection)
    query = f"SELECT {table.key}, * FROM {table.quoted} ORDER BY 1"  # noqa: S608
    try:
        raw.text_factory = str
        for _ in raw.execute(query):
            pass
        return
    except sqlite3.OperationalError as error:
        if "decode" not in str(error):
            raise
    finally:
        raw.text_factory = any_text
    rows = raw.execute(query)
    columns = [each[0] for each in rows.description]
    found = [
        f"{table.name} id = {row[0]}: {column}"
        for row in rows
        for column, value in zip(columns, row, strict=True)
        if isinstance(value, str) and not _is_text(value)
    ]
    yield Found(
        f"{counted(len(found), 'text')} of {table.name} {'is' if len(found) == 1 else 'are'} in"
        " another encoding than UTF-8. What shows or copies such a row fails.",
        f"Write each again as UTF-8: UPDATE {table.quoted} SET … WHERE {table.key} = …;",  # noqa: S608
        NOTHING,
        tuple(found[:NAMED_AT_MOST]),
        len(found),
    )


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _kinds(
    connection: Connection, table: str, words: dict[str, list[str]]
) -> Iterator[tuple[str, Kind]]:
    info = connection.exec_driver_sql(f"PRAGMA main.table_info({_name(table)})").all()
    for _, column, declared, *_ in info:
        if column in words:
            known = ", ".join("'" + word.replace("'", "''") + "'" for word in words[column])
            listed = ", ".join(words[column])
            yield column, Kind(f"one of {listed}", f"{_name(column)} NOT IN ({known})")
        elif kind := _kind_of(str(declared).upper(), _name(column)):
            yield column, kind


def _kind_of(declared: str, name: str) -> Kind | None:
    """By the column's declared type; text in another encoding is named wherever text is kept."""
    if "TIMESTAMP" in declared or "DATETIME" in declared:
        usual = f"{name} GLOB '{DAY}{TIME}*' AND length({name}) IN (19, 26)"
        return Kind("a time", _not_usual(name, usual), _reader(_MOMENT))
    if declared == "DATE":
        usual = f"{name} GLOB '{DAY}' AND length({name}) = 10"
        return Kind("a day", _not_usual(name, usual), _reader(_DAY))
    if "JSON" in declared:
        return Kind("JSON", f"typeof({name}) <> 'text' OR NOT json_valid({name})", json.loads)
    if any(each in declared for each in ("INT", "REAL", "FLOA", "DOUB", "NUM", "DEC")):
        return Kind("a number", f"typeof({name}) NOT IN ('integer', 'real')")
    return None


def _not_usual(name: str, usual: str) -> str:
    is_day = f"date({name}, '+0 days') IS substr({name}, 1, 10) AND substr({name}, 1, 4) <> '0000'"
    return f"typeof({name}) <> 'text' OR NOT ({usual}) OR NOT ({is_day})"


def _reader(kind: Any) -> Read:
    read: Read = kind().result_processor(dialect(), None)
    return read


def _odd(connection: Connection, table: _Table, column: str, odd: str) -> Iterator[tuple[Any, Any]]:
    query = (
        f"SELECT {table.key}, {_name(column)} FROM {table.quoted}"  # noqa: S608
        f" WHERE {_name(column)} IS NOT NULL AND ({odd}) ORDER BY 1"
    )
    yield from driver(connection).execute(query)


def _fails(read: Read | None, value: object) -> bool:
    if read is None:
        return True
    try:
        read(value)
    except (ValueError, TypeError, OverflowError, RecursionError):
        return True
    return False


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _literal(key: object) -> str:
    return str(key) if isinstance(key, int) else "'" + str(key).replace("'", "''") + "'"


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
