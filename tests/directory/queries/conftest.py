"""A public site on each engine."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from portal.core.database import DirectoryModel, db
from portal.core.settings import Settings, load_settings, sqlite_path
from portal.core.sqlite import Door, open_sqlite
from tests.conftest import make_file
from tests.support.index import make_index
from tests.support.postgres import running_server


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    told = {"PORTAL_DATA": str(tmp_path / "data"), "SECRET_KEY": "only for tests"}
    if request.param == "sqlite":
        yield load_settings(told)
        return
    with running_server().database() as url:
        address = url.render_as_string(hide_password=False)
        yield load_settings(told | {"DEVELOPMENT_DATABASE_URL": address})


@pytest.fixture
def site(app: Flask, settings: Settings) -> Iterator[Flask]:
    engine = db.engine
    if file := sqlite_path(settings.development_url):
        make_file(file)
        engine = open_sqlite(settings.development_url, door=Door.SET_UP)
    DirectoryModel.metadata.create_all(engine)
    make_index(engine)
    app.extensions["portal.directory.check"] = None
    yield app
    db.session.remove()
    db.engine.dispose()
