"""The content of a PostgreSQL database: rows and digests by table, read with COPY.

COPY's text format is exact once the session's formats are fixed, and it streams.
"""

import hashlib
from collections.abc import Iterator

from sqlalchemy import Connection, text

from portal.databases.engines.beside import stands_beside
from portal.databases.engines.content import Content
from portal.databases.engines.derived import is_derived
from portal.databases.engines.postgresql.catalog.catalog import own_schema, tables
from portal.databases.engines.postgresql.owners import require_readable
from portal.databases.engines.postgresql.server import driver, quoted

FORMATS = {
    "datestyle": "ISO, YMD",
    "timezone": "UTC",
    "intervalstyle": "postgres",
    "bytea_output": "hex",
    "extra_float_digits": "1",
}
_COLUMNS = text(
    "SELECT attname, attcollation <> 0, coalesce(array_position("
    " (SELECT indkey::int2[] FROM pg_index WHERE indrelid = :oid AND indisprimary), attnum), -1)"
    " FROM pg_attribute WHERE attrelid = :oid AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
)


def content_of(connection: Connection) -> Content:
    """Count and digest every table, in the connection's present transaction; memory stays constant.

    Sequences are left out: no transaction isolates them. Raises Refused if this role may not read
    all of it.
    """
    require_readable(connection)
    for name, value in FORMATS.items():
        connection.execute(
            text("SELECT set_config(:name, :value, true)"), {"name": name, "value": value}
        )
    counts, digests, own = {}, {}, own_schema(connection)
    for words, (oid, schema, name) in tables(connection).items():
        if stands_beside(name) and schema in {own, "public"}:
            continue
        where = f"{quoted(connection, schema)}.{quoted(connection, name)}"
        counts[words], digests[words] = (
            _digest_structure(connection, oid)
            if is_derived(words)
            else _digest_table(connection, oid, where)
        )
    return Content(counts=counts, digests=digests)


def _digest_table(connection: Connection, oid: int, where: str) -> tuple[int, str]:
    names, order = _columns(connection, oid)
    digest = hashlib.sha256("\0".join(names).encode())
    listed = ", ".join(quoted(connection, name) for name in names)
    count = 0
    for block in _copied(connection, f"SELECT {listed} FROM ONLY {where}{order}"):  # noqa: S608
        count += block.count(b"\n")
        digest.update(block)
    return count, digest.hexdigest()


def _digest_structure(connection: Connection, oid: int) -> tuple[int, str]:
    """The digest of a derived table: that it exists, and its columns."""
    names, _ = _columns(connection, oid)
    return 0, hashlib.sha256("\0".join(names).encode()).hexdigest()


def _copied(connection: Connection, query: str) -> Iterator[bytes]:
    """A line for each row; a line break inside a value is escaped.

    Names were quoted for a statement with parameters, where a percent sign is doubled.
    """
    query = query.replace("%%", "%")
    with driver(connection).cursor() as cursor, cursor.copy(f"COPY ({query}) TO STDOUT") as copy:
        for block in copy:
            yield bytes(block)


def _columns(connection: Connection, oid: int) -> tuple[list[str], str]:
    """The columns, and a sort order that depends on neither the physical order nor a locale."""
    rows = connection.execute(_COLUMNS, {"oid": oid}).all()
    keys = sorted((place, name, has_words) for name, has_words, place in rows if place >= 0)
    by = keys or [(0, name, has_words) for name, has_words, _ in rows]
    parts = [
        _term(quoted(connection, name), has_words, is_key=bool(keys)) for _, name, has_words in by
    ]
    return [name for name, _, _ in rows], f" ORDER BY {', '.join(parts)}" if parts else ""


def _term(column: str, has_words: bool, *, is_key: bool) -> str:
    if not is_key:
        return f'{column}::text COLLATE "C"'
    return f'{column} COLLATE "C"' if has_words else column
