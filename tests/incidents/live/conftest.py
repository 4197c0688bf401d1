"""A control room with three clients, and omar's browser."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.accounts.models import Account, Organisation
from portal.core.storage.database import db
from tests.incidents.live.scene import add_clients
from tests.support.cast import log_in, make_account


@pytest.fixture
def clients(app: Flask) -> dict[str, Organisation]:
    return add_clients()


@pytest.fixture
def browser(client: FlaskClient, omar: Account, clients: dict[str, Organisation]) -> FlaskClient:
    """Omar's."""
    log_in(client, omar)
    return client


@pytest.fixture
def ana_s(app: Flask, ana: Account) -> FlaskClient:
    browser = app.test_client()
    log_in(browser, ana)
    return browser


@pytest.fixture
def cleo_s(app: Flask, cleo: Account, clients: dict[str, Organisation]) -> FlaskClient:
    """The browser of a contact of harbour."""
    contact = next(each for each in clients["harbour"].contacts if each.name == "Cleo")
    contact.account = make_account("cleo")
    db.session.commit()
    browser = app.test_client()
    log_in(browser, cleo)
    return browser
