"""Development's directory with studios of each kind, and Ana's browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from portal.accounts.models import Account
from portal.core.configuration.settings import Settings, load_settings
from portal.core.storage.database import db
from portal.databases.targets.config import Target
from portal.directory.admin import finding
from portal.directory.admin.index import blocks
from portal.directory.derived import filling
from tests.support.cast import log_in, make_account
from tests.support.pages import PageClient
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


@pytest.fixture
def ana(target: Target) -> Account:
    return make_account("ana")


@pytest.fixture
def room(app: Flask, ana: Account) -> PageClient:
    """Ana's browser."""
    client = app.test_client()
    log_in(client, ana)
    db.session.rollback()
    return client


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few studios are as many, so that blocks are split, joined and walked."""
    monkeypatch.setattr(blocks, "MOST", 6)
    monkeypatch.setattr(blocks, "LEAST", 3)
    monkeypatch.setattr(blocks, "STEPS", (1, 2))
    monkeypatch.setattr(finding, "FEW", 3)
    monkeypatch.setattr(filling, "STUDIOS_AT_ONCE", 7)
