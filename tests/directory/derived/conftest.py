"""Development's directory on both engines, at a revision, as this control room knows it.

It is made once for each engine and state, and copied.
"""

import atexit
import shutil
import tempfile
from collections.abc import Iterator
from enum import StrEnum
from functools import cache
from pathlib import Path

import pytest
from alembic import command
from flask import Flask
from sqlalchemy.engine import URL

from portal.core.configuration.settings import Settings, load_settings
from portal.core.storage.database import db
from portal.core.storage.sqlite import SchemaAccess
from portal.databases.engines import engine_for
from portal.databases.targets.config import Target, target_named
from portal.databases.targets.registry import control_room, note_state
from portal.directory.demo import fill_legacy
from portal.directory.derived import filling
from portal.directory.index import evaluating, reading, writing
from tests.support.alembic import CONSOLIDATED, HEAD, LEGACY, upgrade
from tests.support.alembic import engine_for as plain_engine_for
from tests.support.databases import adopt_quietly, checkpoint, file_of, url_of
from tests.support.postgres import running_server

STUDIOS, AT_ONCE = 18, 6


class State(StrEnum):
    """What is there: no derived tables, empty ones, whole ones, and whole ones where three studios
    make a word common. Each is the fixture's name."""

    DIRECTORY = "directory"
    EXPANDED = "expanded"
    KEPT = "kept"
    COMMON = "common"


@cache
def _template(state: State) -> str:
    """A database on the server in that state."""
    name = f"derived_{state}"
    with running_server().connect() as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    _make(running_server().url(name), state)
    return name


@cache
def _file(state: State) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="derived-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    file = folder / "directory.sqlite3"
    engine_for(url_of(file)).create()
    _make(url_of(file), state)
    checkpoint(file)
    return file


def _make(url: URL, state: State) -> None:
    engine = plain_engine_for(url)
    upgrade(engine, LEGACY)
    with engine.begin() as connection:
        fill_legacy(connection, studios=STUDIOS)
    upgrade(engine, CONSOLIDATED if state is State.DIRECTORY else HEAD)
    engine.dispose()
    if state is State.KEPT:
        fill_at(url)
    if state is State.COMMON:
        with pytest.MonkeyPatch.context() as patched:
            common_from(patched, 3)
            fill_at(url)


def _state(request: pytest.FixtureRequest) -> State:
    """The furthest that the test asks for: one fixture builds on the other."""
    return next((each for each in reversed(State) if each in request.fixturenames), State.DIRECTORY)


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Settings]:
    told = {"PORTAL_DATA": str(tmp_path / "data"), "SECRET_KEY": "only for tests"}
    if request.param == "sqlite":
        yield load_settings(told)
        return
    with running_server().database(template=_template(_state(request))) as url:
        there = url.render_as_string(hide_password=False)
        yield load_settings({**told, "DEVELOPMENT_DATABASE_URL": there})


@pytest.fixture
def directory(app: Flask, request: pytest.FixtureRequest) -> Iterator[Target]:
    """After the consolidation, before there are derived tables."""
    control_room(is_demo=True)
    db.session.commit()
    target = target_named("development")
    if target.url.get_backend_name() == "sqlite":
        shutil.copy(_file(_state(request)), file_of(target))
    adopt_quietly(target)
    yield target
    db.session.remove()
    db.engine.dispose()


@pytest.fixture
def expanded(directory: Target) -> Target:
    """With derived tables in which nothing stands yet."""
    return directory


@pytest.fixture
def kept(expanded: Target) -> Target:
    """With derived tables that are whole."""
    return expanded


@pytest.fixture
def common(expanded: Target, monkeypatch: pytest.MonkeyPatch) -> Target:
    """Three studios make a word common; the tables are whole."""
    common_from(monkeypatch, 3)
    return expanded


def common_from(patched: pytest.MonkeyPatch, studios: int) -> None:
    for module in (writing, reading, evaluating):
        patched.setattr(module, "COMMON_FROM", studios)


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filling, "STUDIOS_AT_ONCE", AT_ONCE)


def expand(target: Target) -> None:
    bring_to(target, HEAD)


def bring_to(target: Target, revision: str) -> None:
    """As `flask db upgrade` does on development."""
    engine = engine_for(target.url)
    with engine.changing(SchemaAccess.UPGRADE) as connection:
        config = target.history.config()
        config.attributes.update(connection=connection)
        command.upgrade(config, revision)
        digest, objects = engine.schema_digest(connection), engine.schema_objects(connection)
    note_state(target.name, revision=revision, schema_digest=digest, schema_objects=objects)
    db.session.commit()


def fill(target: Target, *, batches: int = 1000) -> None:
    fill_at(target.url, batches=batches)


def fill_at(url: URL, *, batches: int = 1000) -> None:
    for _ in range(batches):
        with engine_for(url).changing() as connection:
            if not filling.fill_some(connection):
                return
