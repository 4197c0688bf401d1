"""Proxies are believed as far as they are named; a real production database wants real settings."""

from pathlib import Path

import pytest
from flask import request

from portal.app import create_app
from portal.control.setup import prepare_ops
from portal.core.configuration.settings import Environment, load_settings
from portal.core.storage.database import db
from portal.databases.targets.models import RegisteredTarget
from tests.support.cast import make_account
from tests.support.client import PortalClient

HTTPS = "https://talkback.example"
FORGED = {"X-Forwarded-For": "198.51.100.7", "X-Forwarded-Proto": "https"}


@pytest.fixture
def start(tmp_path: Path):
    """An application with these settings, and its client."""
    apps = []

    def run(**environ: str):
        app = create_app(load_settings({"PORTAL_DATA": str(tmp_path), **environ}))
        app.testing = True
        app.test_client_class = PortalClient
        context = app.app_context()
        context.push()
        prepare_ops()
        apps.append(context)
        return app.test_client()

    yield run
    for context in reversed(apps):
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()
        context.pop()


def register(*, is_demo: bool, environment: Environment = Environment.PRODUCTION) -> None:
    db.session.add(
        RegisteredTarget(
            name=environment.value,
            application="studio-directory",
            environment=environment,
            database_uuid=environment.value,
            anchor={},
            address="x",
            is_demo=is_demo,
        )
    )
    db.session.commit()


def address_seen(client, **headers: str) -> str:
    seen = []

    def look():
        seen.append((request.remote_addr, request.scheme))
        return ""

    client.application.add_url_rule("/look", "look", look)
    client.get("/look", headers=headers)
    return seen[0]


def test_33_a_forged_forwarded_for_is_ignored(start):
    assert address_seen(start(SECRET_KEY="k"), **FORGED) == ("127.0.0.1", "http")


def test_33_a_named_proxy_is_believed(start):
    client = start(SECRET_KEY="k", TRUSTED_PROXIES="1")
    assert address_seen(client, **FORGED) == ("198.51.100.7", "https")


def test_33_only_as_many_as_are_named(start):
    client = start(SECRET_KEY="k", TRUSTED_PROXIES="1")
    headers = {"X-Forwarded-For": "192.0.2.1, 198.51.100.7"}
    assert address_seen(client, **headers)[0] == "198.51.100.7"


@pytest.mark.parametrize(
    "environ", [{}, {"SECRET_KEY": "k"}, {"BASE_URL": HTTPS}], ids=["neither", "key", "https"]
)
def test_a_real_production_database_wants_a_key_and_https(start, environ):
    client = start(ALLOWED_HOSTS="localhost", **environ)
    register(is_demo=False)
    page = client.page("/ops/login", status=503)
    assert "guards a real production database" in page.get_text()
    assert "Set SECRET_KEY, and BASE_URL" in page.get_text()
    make_account("omar")
    data = {"email": "omar@example.com", "password": "the kettle sings at dawn"}
    assert client.post("/ops/login", data=data).status_code == 503


def test_with_both_it_opens(start):
    client = start(SECRET_KEY="k", BASE_URL=HTTPS)
    register(is_demo=False)
    assert client.get("/ops/login", base_url=HTTPS).status_code == 200


def test_a_demo_and_a_development_database_want_neither(start):
    client = start()
    register(is_demo=True)
    register(is_demo=False, environment=Environment.DEVELOPMENT)
    client.page("/ops/login")
