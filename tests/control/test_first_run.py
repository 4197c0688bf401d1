"""What a newcomer reads at the first set-up: no alarm, and logins that work where it says."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from portal.app import create_app
from portal.core.configuration.settings import load_settings
from portal.core.storage.database import db
from tests.control.conftest import Demo, flask
from tests.support.cast import log_in_by_form
from tests.support.client import PortalClient


@pytest.fixture
def site(demo: Demo, tmp_path: Path) -> Iterator[Flask]:
    """The development site of a demo in a folder of its own, since logging in writes."""
    data = shutil.copytree(demo.data, tmp_path / "copy")
    app = create_app(load_settings({"PORTAL_DATA": str(data), "SECRET_KEY": "only for tests"}))
    app.testing, app.test_client_class = True, PortalClient
    with app.app_context():
        yield app
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()


def test_a_demo_says_nothing_of_keys(demo: Demo):
    assert "key" not in demo.said
    assert "Creating the demo's accounts" in demo.said


def test_the_addresses_name_each_login_once_with_the_page_where_it_works(demo: Demo):
    logins = json.loads((demo.data / "demo-accounts.json").read_text())
    said = flask(demo.data, "portal", "addresses", "--logins", PORT="8100").out
    lines = [each.split() for each in said.splitlines()]
    for role, login in logins.items():
        page = f"http://localhost:8100{'/login' if role == 'owner' else '/ops/login'}"
        assert lines.count([role, login["email"], login["password"], page]) == 1
    assert not any(
        each["password"] in flask(demo.data, "portal", "addresses").out for each in logins.values()
    )


def test_every_login_that_is_shown_works(demo: Demo, site: Flask):
    logins = json.loads((demo.data / "demo-accounts.json").read_text())
    doors = {"admin": "/ops", "ops": "/ops", "client": "/client"}
    for role, door in doors.items():
        given = logins[role]
        answer = log_in_by_form(site.test_client(), given["email"], given["password"])
        assert (answer.status_code, answer.location) == (303, door)
