"""The schema of a SQLite file: its tables, columns and objects, and their digest."""

import hashlib

from sqlalchemy import Connection

from portal.databases.engines.derived import is_shadow
from portal.databases.engines.sharing import SqliteObject, sqlite_objects, table_names

OWN, SQLITES, STATISTICS = "portal_", "sqlite_", "sqlite_stat"
COLUMNS = (
    "SELECT m.name, c.name FROM sqlite_master AS m, pragma_table_xinfo(m.name) AS c"
    " WHERE m.type = 'table' AND c.hidden <> 1 ORDER BY m.name, c.cid"
)


def tables_of(connection: Connection) -> list[str]:
    names = table_names(connection)
    return [each for each in names if not (each.lower().startswith(SQLITES) or is_shadow(each))]


def columns_of(connection: Connection) -> dict[str, list[str]]:
    """In one statement, however many tables there are."""
    found: dict[str, list[str]] = {name: [] for name in tables_of(connection)}
    for table_name, column in connection.exec_driver_sql(COLUMNS):
        if table_name in found:
            found[table_name].append(column)
    return found


def digest_of_schema(connection: Connection) -> str:
    text = "\n".join("\0".join(each) for each in objects_of(connection))
    return hashlib.sha256(text.encode()).hexdigest()


def objects_of(connection: Connection) -> list[SqliteObject]:
    """The schema that drift is compared with: neither the guard's own tables nor statistics."""
    return [
        each
        for each in sqlite_objects(connection)
        if not each.table.lower().startswith(OWN) and not each.name.lower().startswith(STATISTICS)
    ]
