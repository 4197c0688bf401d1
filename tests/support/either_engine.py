"""Fixtures for tests of development's directory on SQLite, and on the server where a test asks."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from portal.core.configuration.settings import Settings, load_settings
from portal.core.storage.database import db
from portal.databases.targets.config import Target
from tests.support.site_directory import on_server, place_directory


@pytest.fixture
def settings(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Settings]:
    """On SQLite, unless a test asks for the server too."""
    told = {"PORTAL_DATA": str(tmp_path / "data"), "SECRET_KEY": "only for tests"}
    if getattr(request, "param", "sqlite") == "sqlite":
        yield load_settings(told)
        return
    with on_server() as url:
        there = url.render_as_string(hide_password=False)
        yield load_settings({**told, "DEVELOPMENT_DATABASE_URL": there})


@pytest.fixture
def target(app: Flask) -> Iterator[Target]:
    yield place_directory()
    db.session.remove()
    db.engine.dispose()
