"""Connections to the ops database outside of the session, with a short lock timeout."""

from sqlite3 import Connection as SqliteConnection

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from portal.core.storage.pooled import open_pooled
from portal.core.storage.sqlite import open_sqlite

CONNECT_SECONDS = 5


def ops_engine(url: URL, *, patience: float, owner: object = None) -> Engine:
    """A statement waits at most `patience` seconds for a lock.

    `owner`: on a server, a connection stays open as long as this object lives; without one each use
    opens its own.
    """
    milliseconds = int(patience * 1000)
    if url.get_backend_name() != "sqlite":
        options = f"-c lock_timeout={milliseconds} -c application_name=talkback-jobs"
        arguments: dict[str, object] = {"options": options, "connect_timeout": CONNECT_SECONDS}
        if owner is not None:
            return open_pooled(url, keeps=1, arguments=arguments, owner=owner)
        return create_engine(url, poolclass=NullPool, connect_args=arguments, hide_parameters=True)
    engine = open_sqlite(url)

    @event.listens_for(engine, "connect")
    def _connect(connection: SqliteConnection, _record: ConnectionPoolEntry) -> None:
        connection.execute(f"PRAGMA busy_timeout = {milliseconds}")

    return engine
