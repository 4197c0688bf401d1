"""A control room of every earlier release is known for one, copied, and brought to this release."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from alembic import command
from flask import Flask
from sqlalchemy import create_engine
from sqlalchemy.engine import URL, make_url

from portal.app import create_app
from portal.audit.chain.verification import verify_log
from portal.core.clock import now
from portal.core.configuration.settings import load_settings
from portal.core.storage.database import db
from portal.databases.backups.catalogue.find import backups
from portal.databases.backups.models import Purpose
from portal.databases.engines import engine_for
from portal.databases.migrations.history import OPS_FOLDER, History, current_revision
from portal.databases.targets.config import ops_database
from portal.databases.targets.models import ControlRoom
from portal.databases.targets.registry import known_control_room
from tests.support.postgres import Server, running_server
from tests.support.trials import IN_TRIALS

REVISIONS = [each.id for each in History(OPS_FOLDER).pending(None)]
EARLIER = REVISIONS[:-1]
ON_FILES = EARLIER if IN_TRIALS else [*EARLIER[:-3:5], *EARLIER[-3:]]
ON_A_SERVER = EARLIER if IN_TRIALS else [EARLIER[0], EARLIER[-1]]
"""`make trials` brings each of them to this release."""
UUID = str(uuid4())


@contextmanager
def room(folder: Path, url: URL) -> Iterator[Flask]:
    address = url.render_as_string(hide_password=False)
    told = {"PORTAL_DATA": str(folder), "SECRET_KEY": "k", "OPS_DATABASE_URL": address}
    app = create_app(load_settings(told))
    with app.app_context():
        yield app
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()


def lift(url: URL, revision: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        config = History(OPS_FOLDER).config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        if revision == REVISIONS[0]:
            row = {"id": 1, "uuid": UUID, "is_demo": False, "identity_key": b"k" * 32}
            made = ControlRoom.__table__.insert().values({**row, "created_at": now()})
            connection.execute(made)
    engine.dispose()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file for each release: the same control room, as each left it."""
    folder = tmp_path_factory.mktemp("releases")
    grows = folder / "grows.sqlite3"
    with room(folder, make_url(f"sqlite:///{grows}")):
        for revision in ON_FILES:
            lift(make_url(f"sqlite:///{grows}"), revision)
            shutil.copy(grows, folder / f"{revision}.sqlite3")
    return folder


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The same as databases of a server, by their revisions."""
    server = running_server()
    with server.database() as grows, room(tmp_path_factory.mktemp("releases"), grows):
        for revision in ON_A_SERVER:
            lift(grows, revision)
            with server.connect() as connection:
                connection.execute(
                    f"CREATE DATABASE room_{revision} TEMPLATE {grows.database}"
                    " STRATEGY file_copy".encode()
                )
    yield server
    for revision in ON_A_SERVER:
        with server.connect() as connection:
            connection.execute(f"DROP DATABASE room_{revision} WITH (FORCE)".encode())


def brought_to_this_release(folder: Path, url: URL, revision: str) -> None:
    with room(folder, url) as app:
        run = app.test_cli_runner().invoke
        made = run(args=["portal", "setup"])
        assert made.exit_code == 0, made.output
        assert f"was brought from {revision} to the newest revision, after" in made.output
        assert known_control_room().uuid == UUID
        [copy] = backups("ops")
        assert (copy.revision, copy.purpose, copy.is_proven) == (revision, Purpose.CHANGE, True)
        with engine_for(ops_database().url).reading() as connection:
            assert current_revision(connection) == REVISIONS[-1]
        assert verify_log().fault is None
        db.session.rollback()
        if revision == EARLIER[0]:  # from here on they are all the same
            again = run(args=["portal", "setup"])
            assert (again.exit_code, "newest revision" in again.output) == (0, False), again.output


@pytest.mark.parametrize("revision", ON_FILES)
def test_a_file_of_each_release(files, revision, tmp_path):
    file = tmp_path / "ops.sqlite3"
    shutil.copy(files / f"{revision}.sqlite3", file)

    brought_to_this_release(tmp_path / "data", make_url(f"sqlite:///{file}"), revision)


@pytest.mark.parametrize("revision", ON_A_SERVER)
def test_a_postgresql_server_of_each_release(server, revision, tmp_path):
    brought_to_this_release(tmp_path / "data", server.url(f"room_{revision}"), revision)
