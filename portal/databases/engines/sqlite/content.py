"""What a SQLite file holds: the rows of each table, counted and digested."""

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

from portal.databases.engines.beside import stands_beside
from portal.databases.engines.content import Content
from portal.databases.engines.derived import is_derived, is_shadow

ROWS_AT_ONCE = 100

ENCODINGS_KEPT = 50_000

_SHORT = frozenset({int, type(None)})
_TEXT = frozenset({bytearray})

Values = tuple[Any, ...]

_KINDS = {bytes: b"b", int: b"i", float: b"f", type(None): b"N"}


def content_of(connection: sqlite3.Connection) -> Content:
    """Count and digest every table in the connection's current transaction, in constant memory."""
    counts, digests = {}, {}
    for table in _tables(connection):
        counts[table], digests[table] = _digest_table(connection, table)
    broken = sum(1 for _ in connection.execute("PRAGMA foreign_key_check"))
    return Content(counts=counts, digests=digests, broken_references=broken)


def content_of_file(file: Path) -> Content:
    """Like `content_of`, for a file, in a transaction of its own."""
    with closing(open_file(file, "ro")) as connection:
        connection.execute("BEGIN")
        return content_of(connection)


def _tables(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute(
        "SELECT name, sql LIKE 'CREATE VIRTUAL%' FROM sqlite_master WHERE type = 'table'"
        " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"
    )
    return [
        name
        for name, is_virtual in rows.fetchall()
        if not (stands_beside(name) or is_shadow(name)) and (is_derived(name) or not is_virtual)
    ]


def _digest_table(connection: sqlite3.Connection, table: str) -> tuple[int, str]:
    columns = connection.execute(f"PRAGMA table_info({quoted(table)})").fetchall()
    keys = [column[1] for column in sorted(columns, key=lambda each: each[5]) if column[5]]
    names = [column[1] for column in columns]
    listed, order = (", ".join(map(quoted, each)) for each in (names, keys or names))
    digest = hashlib.sha256("\0".join(names).encode())
    if is_derived(table):  # its rows follow from others: only its existence and columns count
        return 0, digest.hexdigest()
    count, encoded, heads = 0, _Encoded(), _Heads()
    rows = connection.execute(f"SELECT {listed} FROM {quoted(table)} ORDER BY {order}")  # noqa: S608
    with _as_bytes(connection):
        while some := rows.fetchmany(ROWS_AT_ONCE):
            count += len(some)
            parts = [
                part
                for column in zip(*some, strict=True)
                for part in _parts(column, encoded, heads)
            ]
            digest.update(b"".join(chain.from_iterable(zip(*parts, strict=True))))
    return count, digest.hexdigest()


def _parts(column: Values, encoded: "_Encoded", heads: "_Heads") -> list[Iterable[bytes]]:
    """What a column's values are encoded as, a column at a time: most hold one kind of value."""
    kinds = set(map(type, column))
    if kinds == _TEXT:
        return [map(heads.__getitem__, map(len, column)), column]
    if kinds <= _SHORT:
        return [map(encoded.__getitem__, column)]
    return [[heads[len(each)] + each if type(each) is bytearray else _of(each) for each in column]]


@contextmanager
def _as_bytes(connection: sqlite3.Connection) -> Iterator[None]:
    """Read text as raw bytes, whatever the encoding; the type tells it from a blob."""
    before, connection.text_factory = connection.text_factory, bytearray
    yield
    connection.text_factory = before


class _Heads(dict[int, bytes]):
    """The prefix of an encoded text, by its length."""

    def __missing__(self, length: int) -> bytes:
        self[length] = head = b"s" + length.to_bytes(8, "big")
        return head


class _Encoded(dict[int | None, bytes]):
    """Encoded numbers and NULL, cached since most of them repeat."""

    def __missing__(self, value: int | None) -> bytes:
        if len(self) > ENCODINGS_KEPT:
            self.clear()
        self[value] = encoded = _of(value)
        return encoded


def _of(value: bytes | int | float | None) -> bytes:
    """Type, length, bytes: no two different rows have the same encoding."""
    raw = value if isinstance(value, bytes) else repr(value).encode()
    return _KINDS[type(value)] + len(raw).to_bytes(8, "big") + raw


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def open_file(file: Path, mode: str) -> sqlite3.Connection:
    uri = f"{file.resolve().as_uri()}?mode={mode}"
    return sqlite3.connect(uri, uri=True, timeout=0.2, isolation_level=None)
