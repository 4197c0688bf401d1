"""Development's directory, Ana at her browser, and the worker's part when it is asked for."""

__all__ = ["settings", "target"]


import pytest
from flask.testing import FlaskClient

from portal.databases.targets.config import Target
from tests.directory.imports.files import Room
from tests.support.cast import log_in, make_account
from tests.support.either_engine import settings, target


@pytest.fixture
def room(target: Target, client: FlaskClient) -> Room:
    log_in(client, make_account("ana"))
    return Room(client)
