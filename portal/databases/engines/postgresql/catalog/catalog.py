"""PostgreSQL's catalogue: tables, and a digest of everything that makes up a schema.

A digest begins with the number of its rule. One without a number is of an earlier release, which
covered less; it is compared by that rule, and what that rule left out is not compared.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy import Connection, text

from portal.databases.engines.base import TableShape
from portal.databases.engines.beside import LEASE_TABLES
from portal.databases.engines.postgresql.catalog.rights import RIGHTS
from portal.databases.engines.postgresql.catalog.schema import SCHEMA
from portal.databases.engines.postgresql.catalog.version_1 import SCHEMA_1
from portal.databases.engines.postgresql.names import OWN_SCHEMA, USERS, no_extension, qualified
from portal.databases.engines.sharing import cached_per_schema

RULE = "2:"

_TABLES = f"""
SELECT * FROM (
    SELECT c.oid::bigint AS oid, n.nspname AS schema, c.relname AS name,
        {qualified("c.relname")} AS words
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND {USERS}
        AND NOT (n.nspname = 'public' AND c.relname IN {LEASE_TABLES})
        AND {no_extension("pg_class", "c.oid")}
) AS found ORDER BY words COLLATE "C"
"""  # noqa: S608

_COLUMNS = text(
    "SELECT attname, atttypid::regtype::text IN ('timestamp with time zone',"
    " 'timestamp without time zone', 'date') AS is_time, array_position("
    " (SELECT indkey::int2[] FROM pg_index WHERE indrelid = :oid AND indisprimary), attnum)"
    " AS place FROM pg_attribute WHERE attrelid = :oid AND attnum > 0 AND NOT attisdropped"
    " ORDER BY attnum"
)

_WORD = re.compile(r"'(?:[^']|'')*'::character varying")
_CAST_LIST = re.compile(rf"\(ARRAY\[((?:{_WORD.pattern}(?:, )?)+)\]\)::text\[\]")


@contextmanager
def full_names(connection: Connection) -> Iterator[None]:
    """Definitions qualify a name with its schema only if the search path doesn't include it."""
    path = connection.exec_driver_sql("SELECT current_setting('search_path')").scalar_one()
    setting = text("SELECT set_config('search_path', :path, true)")
    connection.execute(setting, {"path": "pg_catalog"})
    yield
    connection.execute(setting, {"path": path})


def tables(connection: Connection) -> dict[str, tuple[int, str, str]]:
    """All but the system's tables: the display name; then oid, schema and name."""
    return cached_per_schema(connection, "tables", _tables)


def _tables(connection: Connection) -> dict[str, tuple[int, str, str]]:
    rows = connection.execute(text(_TABLES))
    return {words: (oid, schema, name) for oid, schema, name, words in rows}


def own_schema(connection: Connection) -> str | None:
    """The schema of the guard's own tables; None before there are any."""
    query = f"SELECT nspname FROM pg_namespace WHERE oid = {OWN_SCHEMA}"  # noqa: S608
    name: str | None = connection.execute(text(query)).scalar_one_or_none()
    return name


def shape_of(connection: Connection, words: str) -> TableShape:
    """A table by its display name."""
    return cached_per_schema(connection, ("shape", words), lambda here: _shape_of(here, words))


def _shape_of(connection: Connection, words: str) -> TableShape:
    oid, schema, name = tables(connection)[words]
    rows = connection.execute(_COLUMNS, {"oid": oid}).all()
    keys = sorted((row.place, row.attname) for row in rows if row.place is not None)
    return TableShape(
        schema,
        name,
        columns=[row.attname for row in rows],
        keys=[key for _, key in keys],
        times=frozenset(row.attname for row in rows if row.is_time),
    )


def covers_all(digest: str) -> bool:
    """Whether a recorded digest was made by this release's rule."""
    return digest.startswith(RULE)


def schema_digest(connection: Connection, like: str | None = None) -> str:
    """`like`: a recorded digest, whose rule is applied."""
    return cached_per_schema(
        connection,
        ("digest", _is_old(like)),
        lambda here: _digest(schema_objects(here, like), like),
    )


def schema_objects(connection: Connection, like: str | None = None) -> dict[str, str]:
    """Without the guard's own tables; with owners, grants and all else that dumps don't carry."""
    if _is_old(like):
        return _objects_of(connection, SCHEMA_1)
    return _objects_of(connection, SCHEMA) | _objects_of(connection, RIGHTS)


def structure_digest(connection: Connection, like: str | None = None) -> str:
    return _digest(structure_objects(connection, like), like)


def structure_objects(connection: Connection, like: str | None = None) -> dict[str, str]:
    """The part that is the same in a copy restored from a dump."""
    return _objects_of(connection, SCHEMA_1 if _is_old(like) else SCHEMA)


def place_objects(connection: Connection) -> dict[str, str]:
    """The other part: what a restore doesn't bring back."""
    return _objects_of(connection, RIGHTS)


def digest_of(objects: Mapping[str, str]) -> str:
    return _digest(objects, RULE)


def _is_old(like: str | None) -> bool:
    return like is not None and not covers_all(like)


def _digest(objects: Mapping[str, str], like: str | None) -> str:
    lines = (f"{name}\0{objects[name]}" for name in sorted(objects))
    found = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    return found if _is_old(like) else RULE + found


def _objects_of(connection: Connection, query: str) -> dict[str, str]:
    return cached_per_schema(connection, query, lambda here: _read_objects(here, query))


def _read_objects(connection: Connection, query: str) -> dict[str, str]:
    with full_names(connection):
        rows = connection.execute(text(query)).all()
    return {name: as_restored(definition or "") for name, definition in rows}


def as_restored(definition: str) -> str:
    """A list of texts as the server writes it after a dump was restored: each one cast separately.

    Otherwise the copy of a database would appear to have another schema than the database.
    """
    return _CAST_LIST.sub(_each_by_itself, definition)


def _each_by_itself(found: re.Match[str]) -> str:
    words = _WORD.sub(r"(\g<0>)::text", found[1])
    return f"ARRAY[{words}]"
