"""Every test of the directory's revisions runs on both engines."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import Engine

from portal.directory.demo import fill_legacy
from tests.support.alembic import LEGACY, engine_for, upgrade
from tests.support.postgres import running_server

ENGINES = ["sqlite", "postgresql"]
Prepared = Callable[[str, int], str]


@pytest.fixture(params=ENGINES)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database without tables."""
    with database(request.param, tmp_path) as engine:
        yield engine


@pytest.fixture(params=ENGINES)
def legacy(request: pytest.FixtureRequest, tmp_path: Path, prepared: Prepared) -> Iterator[Engine]:
    """A database at revision 0001, without rows."""
    with database(request.param, tmp_path, prepared(request.param, 0)) as engine:
        yield engine


@pytest.fixture(params=ENGINES)
def demo(request: pytest.FixtureRequest, tmp_path: Path, prepared: Prepared) -> Iterator[Engine]:
    """A database at revision 0001 with 60 studios and what belongs to them."""
    with database(request.param, tmp_path, prepared(request.param, 60)) as engine:
        yield engine


@contextmanager
def database(kind: str, folder: Path, prepared: str = "") -> Iterator[Engine]:
    if kind == "sqlite":
        file = folder / "directory.sqlite3"
        shutil.copy(prepared, file) if prepared else sqlite3.connect(file).close()
        yield engine_for(f"sqlite:///{file}")
        return
    with running_server().database(template=prepared or "template1") as url:
        engine = engine_for(url)
        yield engine
        engine.dispose()


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """Gives a file or a template with so many studios, made once and copied for each test."""
    folder = tmp_path_factory.mktemp("prepared")
    return cache(lambda kind, studios: _prepare(kind, studios, folder))


def prepared_with(original: str, kind: str, reach: Callable[[Engine], None]) -> str:
    """A copy of something prepared, and what was done to it: another one to be copied."""
    made = f"{original}_more" if kind == "postgresql" else f"{original}.more"
    if kind == "sqlite":
        shutil.copy(original, made)
        engine = engine_for(f"sqlite:///{made}")
    else:
        with running_server().connect() as connection:
            connection.execute(f"CREATE DATABASE {made} TEMPLATE {original}".encode())
        engine = engine_for(running_server().url(made))
    reach(engine)
    engine.dispose()
    return made


def _prepare(kind: str, studios: int, folder: Path) -> str:
    made = str(folder / f"{studios}.sqlite3") if kind == "sqlite" else f"prepared_{studios}"
    if kind == "sqlite":
        sqlite3.connect(made).close()
        engine = engine_for(f"sqlite:///{made}")
    else:
        with running_server().connect() as connection:
            connection.execute(f"CREATE DATABASE {made}".encode())
        engine = engine_for(running_server().url(made))
    upgrade(engine, LEGACY)
    if studios:
        with engine.begin() as connection:
            fill_legacy(connection, studios=studios)
    engine.dispose()
    return made
