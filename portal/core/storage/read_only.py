"""Transactions in which the database itself refuses every write, whatever the statement.

A callback decides at the start of each transaction of an engine. SQLite gets `query_only`, which
the authorizer prevents statements from turning off; PostgreSQL a read-only transaction with its
snapshot taken, so that it can't be made writable, in a session whose default is read only. Python
code outside of this SQL, such as another connection, is not restricted.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any, cast

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError

from portal.core.errors import Unavailable

WHY = "portal.read_only"
"""In `Connection.info`: the sentence for a refused write; missing while writes are allowed."""

SQLITE_REFUSALS = frozenset({sqlite3.SQLITE_READONLY, sqlite3.SQLITE_AUTH})
POSTGRESQL_REFUSALS = frozenset({"25006", "25001"})
"""A write; an attempt to make the transaction writable after its snapshot."""

OF_TRANSACTIONS = frozenset(
    {"BEGIN", "START TRANSACTION", "COMMIT", "ROLLBACK", "PREPARE TRANSACTION"}
)
"""PostgreSQL's command tags of transaction statements; ROLLBACK is also that of a savepoint."""

PREPARE_AFTER = 5
"""psycopg's default."""

Authorizer = Callable[..., int]
Why = Callable[[Connection], str | None]


def refuse_writes(
    engine: Engine, why: Why, *, unknown: str, authorizer: Authorizer | None = None
) -> None:
    """Call `why` as each transaction begins; if it returns a sentence, the transaction is read
    only.

    A write raises Unavailable with that sentence, or with `unknown` if the call failed.
    `authorizer`: the one that SQLite's connections have while they may write.
    """

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        before = connection.info.pop(WHY, None)
        try:
            sentence = _asked(connection, why, unknown)
        except BaseException:
            connection.info[WHY] = before
            raise
        connection.info[WHY] = sentence
        if engine.dialect.name == "sqlite":
            _hold_sqlite(connection, sentence is not None, before is not None, authorizer)
        else:
            _hold_postgresql(connection, sentence is not None, before is not None)

    @event.listens_for(engine, "commit")
    def _commit(connection: Connection) -> None:
        """SQLite refuses a write after an outdated snapshot; on PostgreSQL `why` is
        called again."""
        if connection.info.get(WHY) or engine.dialect.name == "sqlite":
            return
        if _has_written(connection) and (sentence := _asked(connection, why, unknown)):
            raise Unavailable(sentence)

    event.listen(engine, "before_cursor_execute", _require_held)
    event.listen(engine, "after_cursor_execute", _make_read_only_again)
    event.listen(engine, "handle_error", _raise_unavailable)


def _has_written(connection: Connection) -> bool:
    """Also False if a failed statement ended the transaction: then nothing is committed."""
    try:
        number = connection.exec_driver_sql("SELECT pg_current_xact_id_if_assigned()")
        return number.scalar() is not None
    except DBAPIError:
        return False


def deny_reopening(action: int, first: str | None, second: str | None, *_more: str | None) -> int:
    """An SQLite authorizer: no statement may change `query_only`."""
    is_switch = action == sqlite3.SQLITE_PRAGMA and (first or "").lower() == "query_only"
    return sqlite3.SQLITE_DENY if is_switch and second is not None else sqlite3.SQLITE_OK


def _asked(connection: Connection, why: Why, unknown: str) -> str | None:
    try:
        return why(connection)
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        if connection.dialect.name != "sqlite":
            _driver(connection).rollback()  # the failed query aborted the transaction
        return unknown


def _hold_sqlite(
    connection: Connection, is_held: bool, was_held: bool, authorizer: Authorizer | None
) -> None:
    """The pragma also works inside a transaction; the authorizer lets only this code change it."""
    if is_held == was_held:
        return
    driver = cast(sqlite3.Connection, _driver(connection))
    driver.set_authorizer(None)
    driver.execute(f"PRAGMA query_only = {'ON' if is_held else 'OFF'}")
    driver.set_authorizer(authorizer or (deny_reopening if is_held else None))


def _hold_postgresql(connection: Connection, is_held: bool, was_held: bool) -> None:
    """Set the session's default outside of the transaction, since a rollback would revert it.

    Statements are prepared, as a prepared statement can't contain a second one that ends the
    transaction.
    """
    driver = _driver(connection)
    if is_held != was_held or (is_held and _was_made_writable(driver)):
        driver.rollback()
        driver.cursor().execute(f"SET default_transaction_read_only = {'on' if is_held else 'off'}")
        driver.commit()
        if hasattr(driver, "prepare_threshold"):
            driver.prepare_threshold = 0 if is_held else PREPARE_AFTER
    if is_held:
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")
        connection.exec_driver_sql("SELECT 1")


def _require_held(connection: Connection, *_statement: Any) -> None:
    sentence = connection.info.get(WHY)
    if not sentence or connection.dialect.name == "sqlite":
        return
    driver = _driver(connection)
    if _was_made_writable(driver) or _is_answered_later(driver):
        raise Unavailable(sentence)


def _make_read_only_again(connection: Connection, cursor: Any, *_more: Any) -> None:
    """Make the transaction read only again after a statement that ended or began one.

    Detected by the server's command tag, independent of the statement's text.
    """
    if connection.dialect.name == "sqlite" or not connection.info.get(WHY):
        return
    if (cursor.statusmessage or "") in OF_TRANSACTIONS:
        with closing(_driver(connection).cursor()) as held:
            held.execute("SET TRANSACTION READ ONLY")
            held.execute("SELECT 1")


def _is_answered_later(driver: Any) -> bool:
    """In psycopg's pipeline mode results arrive too late to be checked."""
    return bool(getattr(getattr(driver, "pgconn", None), "pipeline_status", 0))


def _was_made_writable(driver: Any) -> bool:
    """Whether a statement changed the session's default to writing; the server reports that."""
    for status in (
        getattr(driver.info, "parameter_status", None),
        getattr(driver, "get_parameter_status", None),
    ):
        if status is not None:
            return bool(status("default_transaction_read_only") == "off")
    return False


def _raise_unavailable(context: ExceptionContext) -> None:
    connection = context.connection
    sentence = None if connection is None or connection.closed else connection.info.get(WHY)
    if sentence and not context.is_disconnect and _is_refusal(context.original_exception):
        raise Unavailable(sentence) from context.original_exception


def _is_refusal(error: BaseException) -> bool:
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", 0) & 0xFF in SQLITE_REFUSALS
    state = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)
    return state in POSTGRESQL_REFUSALS


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection
