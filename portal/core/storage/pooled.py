"""Connections to a server that are used again: none that the server has ended.

SQLAlchemy's own check is a question for each use. This one looks at the socket: a server that ends
a session says so there, or closes it. A server that can't be reached any more says nothing; then
the next question fails, as SQLAlchemy's would.
"""

import os
import select
from collections.abc import Mapping
from typing import Any
from weakref import WeakSet, finalize

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DisconnectionError

FOR_SITES: Mapping[str, Any] = {
    "pool_size": 10,
    "max_overflow": 5,
    "pool_use_lifo": True,
    "use_native_hstore": False,
}
"""As many stay open as the threads of a process use at once, 15 at most. The newest is used first:
its statements are prepared. There is no hstore, and asking for it is a question to each one."""


def open_pooled(
    url: URL, *, keeps: int, arguments: Mapping[str, object], owner: object = None
) -> Engine:
    """An engine that keeps up to this many connections open, and opens more where more are used.

    They are closed with their owner; without one, with the process. A forked process leaves its
    parent's connections alone.
    """
    engine = create_engine(
        url,
        pool_size=keeps,
        max_overflow=-1,
        pool_use_lifo=True,
        use_native_hstore=False,
        connect_args=dict(arguments),
        hide_parameters=True,
    )
    leave_ended_sessions(engine)
    _pooled.add(engine)
    if owner is not None:
        finalize(owner, engine.dispose)
    return engine


_pooled: "WeakSet[Engine]" = WeakSet()


def _leave_parents_connections() -> None:
    for engine in _pooled:
        engine.dispose(close=False)


os.register_at_fork(after_in_child=_leave_parents_connections)


def leave_ended_sessions(engine: Engine) -> None:
    """Replace a connection whose session the server has ended when it would be used, and let
    nothing fail for the rollback of one that has ended."""
    roll_back_ended_sessions(engine)

    @event.listens_for(engine, "checkout")
    def _check(connection: Any, _record: Any, _proxy: Any) -> None:
        if connection.closed or has_heard(connection):
            raise DisconnectionError("The server ended this session.")


def roll_back_ended_sessions(engine: Engine) -> None:
    """A server that ends a session undoes what it had begun: its rollback is done. What the caller
    says is the error before it, or the page that was made."""
    roll_back = engine.dialect.do_rollback

    def _rolled_back(connection: Any) -> None:
        try:
            roll_back(connection)
        except Exception as error:
            own = getattr(connection, "dbapi_connection", connection)  # not its place in the pool
            if own is None or not _has_ended(own, error):
                raise
            own.close()

    vars(engine.dialect)["do_rollback"] = _rolled_back


def _has_ended(connection: Any, error: Exception) -> bool:
    """Whether the session is over: the connection is lost, or the server said that it ends it."""
    said = getattr(getattr(error, "diag", None), "severity_nonlocalized", None)
    return bool(connection.closed) or said == "FATAL"


def has_heard(connection: Any) -> bool:
    """Whether the server has sent something that was not asked for. `connection`: psycopg's."""
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN)
    return bool(waiting.poll(0))
