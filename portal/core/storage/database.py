"""Two databases, one session: the directory (default bind) and ops (bind `ops`).

A statement is executed on the database of its model. The session's owner, a request, a command or a
task, commits once.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, cast

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    ColumnElement,
    Connection,
    CursorResult,
    DateTime,
    Dialect,
    Enum,
    MetaData,
    Table,
    update,
)
from sqlalchemy.engine import URL
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from portal.core.configuration.settings import Settings
from portal.core.odd_rows.tolerance import is_tolerant
from portal.core.storage.pooled import FOR_SITES, leave_ended_sessions
from portal.core.storage.sqlite import follow_path, prepare_sqlite
from portal.core.storage.writer_lock import take_turns

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

_read_only: ContextVar[bool] = ContextVar("read_only", default=False)
_changes_directory: ContextVar[bool] = ContextVar("changes_directory", default=False)

db = SQLAlchemy()


class DirectoryModel(DeclarativeBase):
    """Base of the studio directory's models; one database for each environment."""

    metadata = MetaData(naming_convention=NAMES)


class SiteModel(DirectoryModel):
    """Base of the directory's tables for accounts and owners, which an expand adds: a release
    serves a directory with and without them (`portal.directory.users.prepared`).

    A table with `info={"unseen": True}` is no content: no page of the public shows its rows.
    """

    __abstract__ = True


class ModerationModel(SiteModel):
    """Base of the tables for moderated reviews, claims and staff's changes, which a later expand
    adds: a directory may have the tables for accounts without these."""

    __abstract__ = True


def site_tables() -> frozenset[str]:
    """The names of the tables of `SiteModel`, which a directory may lack."""
    return _tables_of(SiteModel)


def moderation_tables() -> frozenset[str]:
    """The names of the tables of `ModerationModel`, which a directory with accounts may lack."""
    return _tables_of(ModerationModel)


def _tables_of(base: type[DirectoryModel]) -> frozenset[str]:
    classes = (mapper.class_ for mapper in DirectoryModel.registry.mappers)
    return frozenset(each.__tablename__ for each in classes if issubclass(each, base))


class OpsModel(DeclarativeBase):
    """Base of the control room's models."""

    metadata = MetaData(naming_convention=NAMES, info={"bind_key": "ops"})


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime in UTC, on engines with and without time zones.

    Raises ValueError for a naive datetime, whose zone is unknown.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A time without a zone can't be stored.")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def result_processor(
        self, dialect: Dialect, coltype: object
    ) -> Callable[[Any], datetime | None] | None:
        """On a page's second try, a text that is no time is none; otherwise it is an error."""
        process = super().result_processor(dialect, coltype)
        if process is None:
            return None

        def processed(value: Any) -> datetime | None:
            try:
                return process(value)
            except (ValueError, TypeError, OverflowError):
                if is_tolerant():
                    return None
                raise

        return processed

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def word(kind: type[StrEnum]) -> Enum:
    """A column type that stores a StrEnum's value, as text, checked by the database."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=True,
        length=40,
        name=kind.__name__.lower(),
        values_callable=lambda members: [member.value for member in members],
    )


def init_database(app: Flask, settings: Settings) -> None:
    app.config["SQLALCHEMY_BINDS"] = {
        None: _bind(settings.directory_url),
        "ops": _bind(settings.ops_url),
    }
    db.init_app(app)
    with app.app_context():
        for key, engine in db.engines.items():
            if engine.dialect.name == "sqlite":
                follow_path(engine)
                only_reads = _read_only.get if key == "ops" else _only_reads_directory
                prepare_sqlite(engine, deferred=only_reads)
                continue
            leave_ended_sessions(engine)
            if key == "ops":
                take_turns(engine, only_reads=_read_only.get)


def _bind(url: URL) -> dict[str, object]:
    """Errors list no parameters: they end up in logs."""
    more = {} if url.get_backend_name() == "sqlite" else FOR_SITES
    return {"url": url, "hide_parameters": True, **more}


@contextmanager
def reading() -> Iterator[None]:
    """Transactions begun within the block are read only: they do not wait for the writer's lock."""
    token = _read_only.set(True)
    try:
        yield
    finally:
        _read_only.reset(token)


def is_reading() -> bool:
    """Whether a transaction that begins now is read only."""
    return _read_only.get()


def _only_reads_directory() -> bool:
    return not _changes_directory.get()


@contextmanager
def changing_directory() -> Iterator[None]:
    """A transaction of the session that may write to the directory, committed at the end.

    It takes the writer's lock when it begins: what was read before has to be read again within
    the block. Nothing slow belongs in it, such as the hash of a password. Raises Unavailable while
    the directory is read-only.
    """
    db.session.rollback()
    token = _changes_directory.set(True)
    try:
        yield
        db.session.commit()
    except BaseException:
        db.session.rollback()
        raise
    finally:
        _changes_directory.reset(token)


def begin_request(method: str) -> None:
    """Choose the transaction mode of a request's ops session by its method."""
    _read_only.set(method in {"GET", "HEAD", "OPTIONS"})


def end_request() -> None:
    """Reset the mode, so that later work in this thread does not inherit it."""
    _read_only.set(False)


@contextmanager
def own_ops_transaction() -> Iterator[Session]:
    """A short writing transaction on ops outside of the session, committed at the end.

    For writes while a page is only read, or after an attempt was rolled back. Raises RuntimeError
    where the session may hold the writer's lock itself, which would deadlock.
    """
    if not is_reading() and db.session.registry.has() and db.session().in_transaction():
        raise RuntimeError("Commit or roll back before a transaction of its own begins.")
    token = _read_only.set(False)
    try:
        with Session(db.engines["ops"]) as session, session.begin():
            yield session
    finally:
        _read_only.reset(token)


def update_one(
    table: type[DeclarativeBase] | Table,
    *where: ColumnElement[bool],
    values: Mapping[str, object],
    on: Connection | None = None,
) -> bool:
    """Update the row that is still in the expected state. False if it no longer is: another
    process was faster.

    Without `on`, in the session's transaction; its loaded objects have to be refreshed.
    """
    statement = update(table).where(*where).values(dict(values))
    result = (on or db.session).execute(statement.execution_options(synchronize_session=False))
    return cast(CursorResult[Any], result).rowcount == 1


JsonDict = dict[str, Any]
