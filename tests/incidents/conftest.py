"""A folder of incident reports for each test."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from portal.accounts.models import Account
from portal.core.configuration.settings import Settings
from tests.support.cast import log_in, make_account

Write = Callable[..., str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "incidents"
    path.mkdir()
    return path


@pytest.fixture
def settings(settings: Settings, folder: Path) -> Settings:
    return replace(settings, incidents_dir=folder)


@pytest.fixture
def write(folder: Path) -> Write:
    """Put a report into the folder; gives its slug."""

    def put(text: str | bytes, name: str = "outage") -> str:
        path = folder / f"{name}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return name

    return put


@pytest.fixture
def ana(app) -> Account:
    return make_account("ana")


@pytest.fixture
def omar(app) -> Account:
    return make_account("omar")


@pytest.fixture
def cleo(app) -> Account:
    return make_account("cleo")


@pytest.fixture
def browser(client: FlaskClient, omar: Account) -> FlaskClient:
    """Omar's."""
    log_in(client, omar)
    return client
