"""Raises the numbers of the content's version on each engine, without waiting for other writers."""

import secrets

from sqlalchemy import Connection, text

from portal.databases.engines.beside import VERSIONS_TABLE

HAS = {
    "sqlite": f"SELECT 1 FROM sqlite_master WHERE name = '{VERSIONS_TABLE}'",  # noqa: S608
    "postgresql": "SELECT 1 FROM (VALUES ('SELECT'), ('INSERT'), ('UPDATE')) AS r (needed)"  # noqa: S608
    f" HAVING bool_and(has_table_privilege(to_regclass('{VERSIONS_TABLE}'), needed))",
}
ON_SQLITE = text(
    f"INSERT INTO {VERSIONS_TABLE} (scope, slot, number) VALUES (:scope, 0, 1)"  # noqa: S608
    " ON CONFLICT (scope, slot) DO UPDATE SET number = number + 1"
)
"""A writer holds the file's only lock anyway."""
ON_POSTGRESQL = text(
    f"WITH mine AS (SELECT scope, slot FROM {VERSIONS_TABLE} WHERE scope = :scope"  # noqa: S608
    " ORDER BY slot LIMIT 1 FOR UPDATE SKIP LOCKED),"
    f" raised AS (UPDATE {VERSIONS_TABLE} AS v SET number = v.number + 1 FROM mine"
    " WHERE v.scope = mine.scope AND v.slot = mine.slot RETURNING 1)"
    f" INSERT INTO {VERSIONS_TABLE} (scope, slot, number)"
    " SELECT :scope, :slot, 1 WHERE NOT EXISTS (SELECT 1 FROM raised)"
)
"""Uses a row that no other transaction has locked, or a new one: there are as many rows as there
were concurrent writers, they are summed, and no writer waits for another.
"""


def has_versions(connection: Connection) -> bool:
    """Whether this role has access to the tables: a missing right must not roll back a change.
    Without the right to raise a number, caches stay out of date as long as after a manual write.
    """
    return connection.exec_driver_sql(HAS[connection.dialect.name]).first() is not None


def raise_one(connection: Connection, scope: int) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(ON_POSTGRESQL, {"scope": scope, "slot": secrets.randbits(62)})
    else:
        connection.execute(ON_SQLITE, {"scope": scope})
