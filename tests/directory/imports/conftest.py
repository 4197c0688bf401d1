"""Development's directory, Ana at her browser, and the worker's part when it is asked for."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.core.storage.database import db
from portal.databases.targets.config import Target
from tests.directory.imports.files import Room
from tests.support.cast import log_in, make_account
from tests.support.site_directory import place_directory


@pytest.fixture
def target(app: Flask) -> Iterator[Target]:
    yield place_directory()
    db.session.remove()
    db.engine.dispose()


@pytest.fixture
def room(target: Target, client: FlaskClient) -> Room:
    log_in(client, make_account("ana"))
    return Room(client)
