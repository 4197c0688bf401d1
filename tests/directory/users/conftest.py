"""The site with its tables for accounts, and a person with an account there."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.core.configuration.settings import Settings
from portal.directory.models import User
from tests.support.owners import log_in_site, make_site, make_user


@pytest.fixture
def site(app: Flask, settings: Settings) -> Flask:
    make_site(app, settings)
    return app


@pytest.fixture
def olive(site: Flask) -> User:
    return make_user()


@pytest.fixture
def own(client: FlaskClient, olive: User) -> FlaskClient:
    """Olive's browser."""
    log_in_site(client, olive)
    return client


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What each of them returns; they begin together, each in its own thread."""
    gate = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        gate.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))
