"""A public site on each engine."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask

from portal.app import create_app
from portal.core.configuration.settings import Settings, load_settings, sqlite_path
from portal.core.storage.database import DirectoryModel, db
from portal.core.storage.sqlite import SchemaAccess, open_sqlite
from tests.conftest import make_file
from tests.support.index import make_index
from tests.support.postgres import running_server

ENGINES = ("sqlite", "postgresql")


@contextmanager
def settings_on(engine: str, folder: Path) -> Iterator[Settings]:
    told = {"PORTAL_DATA": str(folder / "data"), "SECRET_KEY": "only for tests"}
    if engine == "sqlite":
        yield load_settings(told)
        return
    with running_server().database() as url:
        address = url.render_as_string(hide_password=False)
        yield load_settings(told | {"DEVELOPMENT_DATABASE_URL": address})


@pytest.fixture(params=ENGINES)
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    with settings_on(request.param, tmp_path) as told:
        yield told


@pytest.fixture
def site(app: Flask, settings: Settings) -> Iterator[Flask]:
    prepare(app, settings)
    yield app
    db.session.remove()
    db.engine.dispose()


def prepare(app: Flask, settings: Settings) -> None:
    """An empty directory with its index, within the application's context."""
    engine = db.engine
    if file := sqlite_path(settings.development_url):
        make_file(file)
        engine = open_sqlite(settings.development_url, access=SchemaAccess.SET_UP)
    DirectoryModel.metadata.create_all(engine)
    make_index(engine)
    app.extensions["portal.directory.check"] = None


@contextmanager
def site_on(engine: str, folder: Path) -> Iterator[Flask]:
    """The same for a test that asks one engine after the other."""
    folder = folder / engine
    folder.mkdir()
    with settings_on(engine, folder) as told:
        app = create_app(told)
        app.testing = True
        with app.app_context():
            prepare(app, told)
            yield app
            db.session.remove()
            for each in db.engines.values():
                each.dispose()
