"""The statements of an append, as text for the driver.

Executing them as SQLAlchemy's constructs took longer than the database itself.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from portal.audit.models import Personal

COLUMNS = "seq, canonical, leaf, chain, at, actor_id, actor_role, action, outcome, target"
BESIDE = "INSERT INTO audit_personal (seq, field, salt, value) VALUES"


Write = tuple[str, tuple[Any, ...]]


class Statements(NamedTuple):
    """`head` locks the log, unless the beginning of the transaction did. `beside`: by the number
    of rows."""

    head: str
    move: str
    entry: str
    beside: tuple[str, ...]


def _with(mark: str, lock: str = "") -> Statements:
    row = f"({', '.join([mark] * 4)})"
    return Statements(
        f"SELECT seq, chain FROM audit_head{lock}",  # noqa: S608
        f"UPDATE audit_head SET seq = {mark}, chain = {mark}",  # noqa: S608
        f"INSERT INTO audit ({COLUMNS}) VALUES ({', '.join([mark] * 10)})",  # noqa: S608
        tuple(f"{BESIDE} {', '.join([row] * rows)}" for rows in range(len(Personal) + 1)),
    )


SQLITE, POSTGRESQL = _with("?"), _with("%s", " FOR UPDATE")


def execute_all(connection: Connection, writes: Sequence[Write]) -> None:
    """Execute them in order; on a server in one exchange, as the log's lock is held meanwhile.

    The first that fails raises its error, and none behind it is executed.
    """
    if connection.dialect.name == "sqlite":
        for statement, values in writes:
            connection.exec_driver_sql(statement, values)
        return
    driver: Any = connection.connection.driver_connection
    try:
        with driver.pipeline(), driver.cursor() as cursor:
            for statement, values in writes:
                cursor.execute(statement, values)
    except connection.dialect.loaded_dbapi.Error as error:
        kind = connection.dialect.loaded_dbapi.Error
        raise DBAPIError.instance(
            writes[0][0], None, error, kind, dialect=connection.dialect
        ) from error
