"""While a revision runs, its process opens no connection besides the one the revision was given.

What a second connection does is outside of the change's transaction, lock and record: it would
persist after the change was rolled back, and in a rehearsal it would reach the live database.

The rule applies to the revision's thread and every thread that it starts, also after it has ended;
the product's own writes while a revision runs are exempted with `own()`. What other programs do
that a revision starts is not seen: docs/guard.md says so.
"""

import _thread
import functools
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any
from weakref import WeakKeyDictionary

from alembic.runtime.migration import RevisionStep
from sqlalchemy import Connection, Engine, event
from sqlalchemy.pool import Pool

from portal.core.errors import Refused

DRIVERS = frozenset(
    {
        *("adbc_driver_postgresql.dbapi", "adbc_driver_sqlite.dbapi", "aiomysql", "aiopg", "apsw"),
        *("asyncmy", "asyncpg", "cx_Oracle", "duckdb", "mariadb", "mysql.connector", "MySQLdb"),
        *("oracledb", "pg8000.dbapi", "psycopg2", "pymssql", "pymysql", "pyodbc"),
        *("pysqlite2.dbapi2", "sqlcipher3.dbapi2"),
    }
)
"""Drivers that are guarded as well when a revision is the first to load one."""

DB_API = ("apilevel", "paramstyle", "connect")
"""Attributes by which PEP 249 drivers are recognised."""


READING = "A file of the history"
"""For `alone`: revision files are programs, which run as they are imported."""


class SecondConnection(Refused):
    """A revision opened a connection of its own, or used another open one."""


@dataclass
class _Run:
    """What runs, for display, on which connection; `tried`: what else it opened or used."""

    name: str
    connection: Connection | None
    tried: list[str] = field(default_factory=list)

    def refusal(self) -> SecondConnection:
        return SecondConnection(
            f"{self.name} opened a second connection ({self.tried[0]}). It was refused, and all"
            " of the change was undone.",
            remedy="A revision works on the connection it is handed, op.get_bind(). Fix it, and"
            " rehearse again.",
        )


_here = threading.local()
_started: WeakKeyDictionary[threading.Thread, _Run] = WeakKeyDictionary()


@contextmanager
def alone(name: str, connection: Connection | None = None) -> Iterator[None]:
    """Run what `name` names. Raises SecondConnection, even if the block suppressed it."""
    _install()
    before, run = _state(), _Run(name, connection)
    _here.state = run
    try:
        with _without_attaching(run):
            yield
    except Exception as error:
        if run.tried:
            raise run.refusal() from error
        raise
    finally:
        _here.state = before
    if run.tried:
        raise run.refusal()


@contextmanager
def own() -> Iterator[None]:
    """What the product itself does while a revision runs, such as reporting its progress."""
    before = _state()
    _here.state = None
    try:
        yield
    finally:
        _here.state = before


def alone_on(connection: Connection, step: Any) -> Any:
    """Alembic's step, wrapped so that its revision runs alone; other kinds stay unchanged."""
    if isinstance(step, RevisionStep):
        work = step.migration_fn

        @functools.wraps(work)
        def run(*given: Any, **more: Any) -> Any:
            with alone(f"Revision {step.revision.revision}", connection):
                return work(*given, **more)

        step.migration_fn = run
    return step


def _state() -> _Run | None:
    return getattr(_here, "state", None)


def _running() -> _Run | None:
    """The run whose rule applies in this thread."""
    if (found := _state()) or not _started:
        return found
    return _started.get(threading.current_thread())


def _refuse(what: str, run: _Run | None = None) -> None:
    if run := run or _running():
        run.tried.append(what)
        if run.name == READING:
            run.name = f"The file {_file_being_read()}"
        raise run.refusal()


def _file_being_read() -> str:
    frame: FrameType | None = sys._getframe(1)
    while frame and frame.f_code.co_name != "<module>":
        frame = frame.f_back
    return Path(frame.f_code.co_filename).name if frame else "of a revision"


@functools.cache
def _install() -> None:
    """Once per process; each check first determines whether a revision runs in this thread."""
    import psycopg.generators  # noqa: PLC0415 — loaded on use

    sys.addaudithook(_audited)
    sys.meta_path.insert(0, _LaterDrivers())
    _follow_threads()
    event.listen(Pool, "checkout", _checked_out)
    event.listen(Engine, "before_cursor_execute", _executed)
    _guard(psycopg.generators, "PostgreSQL")  # any of its classes and functions
    for name, module in list(sys.modules.items()):
        if _is_driver(name, module):
            _guard(module, name)


def _is_driver(name: str, module: object) -> bool:
    if name in DRIVERS:
        return callable(vars(module).get("connect"))
    known = vars(module) if hasattr(module, "__dict__") else {}
    return name not in {"sqlite3", "sqlite3.dbapi2", "psycopg"} and all(map(known.get, DB_API))


def _guard(module: Any, title: str) -> None:
    connect: Callable[..., Any] = module.connect

    @functools.wraps(connect)
    def guarded(*given: Any, **more: Any) -> Any:
        _refuse(title)
        return connect(*given, **more)

    module.connect = guarded


def _audited(name: str, given: tuple[Any, ...]) -> None:
    """Python audits each of these events before it happens, whatever name was used for the call."""
    if name == "sqlite3.connect":
        _refuse(f"SQLite: {given[0]!s}")


class _LaterDrivers(MetaPathFinder):
    """Guards a driver that is loaded from now on, by any importer."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        found = PathFinder.find_spec(name, path) if name in DRIVERS else None
        if found and found.loader:
            loader: Any = found.loader
            loader.exec_module = _guarding(name, loader.exec_module)
        return found


def _guarding(name: str, load: Callable[[ModuleType], None]) -> Callable[[ModuleType], None]:
    def loaded(module: ModuleType) -> None:
        load(module)
        if _is_driver(name, module):
            _guard(module, name)

    return loaded


def _follow_threads() -> None:
    start = threading.Thread.start
    bare = _thread.start_new_thread  # threading keeps its own reference

    @functools.wraps(start)
    def following(thread: threading.Thread) -> None:
        if run := _running():
            _started[thread] = run
        start(thread)

    @functools.wraps(bare)
    def started(*given: Any, **more: Any) -> int:
        _refuse("a thread that can't be traced")
        return bare(*given, **more)

    threading.Thread.start = following  # type: ignore[method-assign, assignment]
    _thread.start_new_thread = started


def _checked_out(*_given: Any) -> None:
    _refuse("out of a pool")


def _executed(connection: Connection, *_statement: Any) -> None:
    """A connection that was already open is a second one as well."""
    run = _running()
    if run and connection is not run.connection and not _is_same(connection, run.connection):
        _refuse("one that was open before", run)


def _is_same(one: Connection, other: Connection | None) -> bool:
    if other is None or other.closed or one.closed:
        return False
    return one.connection.dbapi_connection is other.connection.dbapi_connection


@contextmanager
def _without_attaching(run: _Run) -> Iterator[None]:
    """Refuse ATTACH, by which SQLite reaches another database on the same connection."""
    driver = run.connection and run.connection.connection.driver_connection
    if not isinstance(driver, sqlite3.Connection):
        yield
        return

    def authorise(action: int, file: str | None, *_more: str | None) -> int:
        if action != sqlite3.SQLITE_ATTACH:
            return sqlite3.SQLITE_OK
        run.tried.append(f"ATTACH {file or 'a database'}")
        return sqlite3.SQLITE_DENY

    driver.set_authorizer(authorise)
    try:
        yield
    finally:
        with suppress(sqlite3.ProgrammingError):  # a lost connection is closed
            driver.set_authorizer(None)
