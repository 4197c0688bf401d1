"""Production on a real PostgreSQL, reached as the worker reaches it: no superuser, no ownership of
anything but its own databases. Development stays a file."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from psycopg import Connection
from sqlalchemy.engine import URL

from portal.core.configuration.settings import Settings, load_settings
from portal.core.storage.sqlite import SchemaAccess
from portal.databases.engines import engine_for
from portal.databases.targets.config import Target, target_named
from portal.directory.demo import fill_legacy
from tests.databases import stage
from tests.support.alembic import LEGACY, upgrade_on
from tests.support.postgres import Server, running_server

WORKER = "talkback_worker"


def as_worker(database: str) -> URL:
    return _server().url(database).set(username=WORKER)


def dsn(database: str, role: str = WORKER) -> str:
    """For a session beside the product's own."""
    return f"host={_server().folder} user={role} dbname={database}"


@cache
def _server() -> Server:
    """The server of this process, with the role that the operator's guide describes."""
    server = running_server()
    with server.connect() as connection:
        connection.execute(f"CREATE ROLE {WORKER} LOGIN CREATEDB".encode())
        connection.execute(f"GRANT pg_signal_backend TO {WORKER}".encode())
    return server


@cache
def template(studios: int, revision: str = LEGACY) -> str:
    name = f"template_{revision}_{studios}"
    engine = engine_for(as_worker(name))
    engine.create()
    with engine.changing(SchemaAccess.SCRATCH) as connection:
        upgrade_on(connection, LEGACY)
        fill_legacy(connection, studios=studios)
        upgrade_on(connection, revision)
    return name


def superuser(*statements: str, database: str = "postgres") -> list[tuple]:
    """Run as the server's owner; returns the rows of the last one."""
    if database == "postgres":
        return _rows_of(_server().kept(), statements)
    with _server().connect(database) as connection:
        return _rows_of(connection, statements)


def _rows_of(connection: Connection[Any], statements: tuple[str, ...]) -> list[tuple]:
    rows = []
    for statement in statements:
        cursor = connection.execute(statement.encode())
        rows = cursor.fetchall() if cursor.description else []
    return rows


def names() -> set[str]:
    """The databases there are."""
    return {name for (name,) in superuser("SELECT datname FROM pg_database")}


@pytest.fixture
def database() -> Iterator[str]:
    """The name of production's database; all that was made beside it goes with it."""
    name = f"p{uuid4().hex[:8]}"
    yield name
    for each in names():
        if each.startswith(name):
            superuser(f'DROP DATABASE "{each}" WITH (FORCE)')


@pytest.fixture
def settings(tmp_path: Path, database: str) -> Settings:
    address = as_worker(database).render_as_string(hide_password=False)
    return load_settings(
        {
            "PORTAL_DATA": str(tmp_path / "data"),
            "SECRET_KEY": "only for tests",
            "PRODUCTION_DATABASE_URL": address,
        }
    )


@pytest.fixture
def production(app: Flask, database: str) -> Target:
    """Production at the legacy schema with six studios, known to this control room."""
    return placed(template(6), database)


@pytest.fixture
def consolidated(app: Flask, database: str, history: Path) -> Target:
    """Production at this release's revision; a test writes the next one into `history`."""
    return placed(template(6, stage.HEAD), database)


def placed(like: str, database: str) -> Target:
    clone(like, database)
    target = target_named("production")
    stage.make_known(target)
    return target


def clone(original: str, name: str) -> None:
    superuser(f'CREATE DATABASE "{name}" TEMPLATE "{original}" OWNER {WORKER} STRATEGY file_copy')


@pytest.fixture
def execute(database: str) -> Callable[..., list[tuple]]:
    """Run statements in production as the server's owner."""
    return lambda *statements: superuser(*statements, database=database)
