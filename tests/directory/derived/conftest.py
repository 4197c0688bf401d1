"""Development's directory on both engines, at a revision, as this control room knows it."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from alembic import command
from flask import Flask

from portal.core.database import db
from portal.core.settings import Settings, load_settings
from portal.core.sqlite import Door
from portal.databases.engines import engine_for
from portal.databases.registry import control_room, note_state
from portal.databases.targets import Target, target_named
from portal.directory.demo import fill_legacy
from portal.directory.derived import filling
from tests.support.alembic import CONSOLIDATED, HEAD, LEGACY, upgrade
from tests.support.alembic import engine_for as plain_engine_for
from tests.support.databases import adopt_quietly, make_database
from tests.support.postgres import running_server

STUDIOS = 30


@cache
def _template() -> str:
    """A database on the server with all that each of these tests begins with, made once."""
    name = f"derived_{CONSOLIDATED}"
    with running_server().connect() as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    engine = plain_engine_for(running_server().url(name))
    upgrade(engine, LEGACY)
    with engine.begin() as connection:
        fill_legacy(connection, studios=STUDIOS)
    upgrade(engine, CONSOLIDATED)
    engine.dispose()
    return name


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Settings]:
    told = {"PORTAL_DATA": str(tmp_path / "data"), "SECRET_KEY": "only for tests"}
    if request.param == "sqlite":
        yield load_settings(told)
        return
    with running_server().database(template=_template()) as url:
        there = url.render_as_string(hide_password=False)
        yield load_settings({**told, "DEVELOPMENT_DATABASE_URL": there})


@pytest.fixture
def directory(app: Flask) -> Iterator[Target]:
    """After the consolidation, before there are derived tables."""
    control_room(is_demo=True)
    db.session.commit()
    target = target_named("development")
    if target.url.get_backend_name() == "sqlite":
        make_database("development", CONSOLIDATED, studios=STUDIOS)
    else:
        adopt_quietly(target)
    yield target
    db.session.remove()
    db.engine.dispose()


@pytest.fixture
def expanded(directory: Target) -> Target:
    """With derived tables in which nothing stands yet."""
    expand(directory)
    return directory


@pytest.fixture
def kept(expanded: Target) -> Target:
    """With derived tables that are whole."""
    fill(expanded)
    return expanded


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filling, "STUDIOS_AT_ONCE", 7)


def expand(target: Target) -> None:
    bring_to(target, HEAD)


def bring_to(target: Target, revision: str) -> None:
    """As `flask db upgrade` does on development."""
    engine = engine_for(target.url)
    with engine.changing(Door.UPGRADE) as connection:
        config = target.history.config()
        config.attributes.update(connection=connection)
        command.upgrade(config, revision)
        digest, objects = engine.schema_digest(connection), engine.schema_objects(connection)
    note_state(target.name, revision=revision, schema_digest=digest, schema_objects=objects)
    db.session.commit()


def fill(target: Target, *, batches: int = 1000) -> None:
    for _ in range(batches):
        with engine_for(target.url).changing() as connection:
            if not filling.fill_some(connection):
                return
