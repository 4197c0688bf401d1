"""What SQLite says about a connection: its file, and whether its transaction is still open."""

import sqlite3
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Connection

from portal.core.errors import Unavailable
from portal.databases.engines.base import Anchor


def driver(connection: Connection) -> sqlite3.Connection:
    return cast(sqlite3.Connection, connection.connection.driver_connection)


def refuse_outside_transaction(connection: Connection, *_statement: Any) -> None:
    """When the disk is full SQLite rolls back on its own; what follows would commit at once."""
    if not driver(connection).in_transaction:
        raise Unavailable(
            "SQLite ended the transaction, as it does when the disk is full; nothing was changed.",
            remedy="Make room on the disk, and start again.",
        )


def anchor_of(connection: Connection) -> Anchor:
    listed = driver(connection).execute("PRAGMA database_list").fetchall()
    file = Path(next(path for _, name, path in listed if name == "main")).resolve()
    facts = file.stat()
    return {"path": str(file), "device": facts.st_dev, "inode": facts.st_ino}
