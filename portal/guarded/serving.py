"""Maintenance mode in another application: while it is on, its own connections only read.

    from portal.guarded.serving import Unavailable, read_only_in_maintenance

    engine = create_engine(…)
    read_only_in_maintenance(engine)

The database itself then refuses every write, whatever the statement looks like; the application
gets Unavailable, and answers with status 503. It needs no more packages than the guard itself.
"""

from sqlalchemy import Connection, Engine, inspect

from portal.core.errors import Unavailable
from portal.core.storage.read_only import refuse_writes

__all__ = ["Unavailable", "read_only_in_maintenance"]

MAINTENANCE = "portal_maintenance"
READ_ONLY = "The service is read-only for a moment, so nothing was saved. Try again soon."


def read_only_in_maintenance(engine: Engine) -> None:
    """Call it once for each engine that the application writes with, before it connects."""
    refuse_writes(engine, _why, unknown=READ_ONLY)


def _why(connection: Connection) -> str | None:
    schema = "public" if connection.dialect.name == "postgresql" else None
    if not inspect(connection).has_table(MAINTENANCE, schema):
        return None
    table = f"{schema}.{MAINTENANCE}" if schema else MAINTENANCE
    found = connection.exec_driver_sql(f"SELECT 1 FROM {table} LIMIT 1")  # noqa: S608
    return READ_ONLY if found.first() else None
