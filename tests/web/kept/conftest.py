"""The development site on a database of its own, on both engines, with two studios."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import Any

import pytest
from flask import Flask, has_app_context, template_rendered
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.core.configuration.settings import Settings, load_settings
from portal.core.storage.database import db
from portal.databases.engines import engine_for
from portal.databases.engines.postgresql import asking as postgresql_asking
from portal.databases.engines.sqlite import asking as sqlite_asking
from portal.databases.public_version.freshness import asker_for
from portal.databases.targets.config import Target, target_named
from portal.web.kept import KeptPages
from tests.directory.pages.studios import address_of, make_studio
from tests.support.alembic import CONSOLIDATED, upgrade
from tests.support.alembic import engine_for as plain_engine_for
from tests.support.databases import adopt_quietly, make_database
from tests.support.postgres import running_server


class Visitor(FlaskClient):
    """Without a cookie of its own; what a test has prepared is committed before a request."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **{**named, "use_cookies": False})

    def open(self, *args: Any, **named: Any) -> TestResponse:
        if has_app_context():
            db.session.commit()
        with self.application.app_context():
            return super().open(*args, **named)


class Site:
    def __init__(self, app: Flask, target: Target) -> None:
        self.app, self.target = app, target
        app.test_client_class = Visitor
        self.client = app.test_client()
        self.quiet = make_studio("Quiet Corner", about="First words", ratings=(5,))
        self.oak = make_studio("Oak Room", city="Bristol")

    @property
    def pages(self) -> KeptPages:
        pages = self.app.wsgi_app
        assert isinstance(pages, KeptPages)
        return pages

    @property
    def addresses(self) -> dict[str, str]:
        return {"home": "/", "quiet": address_of(self.quiet), "oak": address_of(self.oak)}

    def keep(self, *paths: str) -> None:
        """Until each is served without being made. PostgreSQL's connection takes its moment."""
        for path in paths:
            until = time.monotonic() + 30
            while time.monotonic() < until and self.is_made(path):
                time.sleep(0.01)
            assert not self.is_made(path)

    def is_made(self, path: str, **given: Any) -> bool:
        with made() as names:
            self.client.get(path, **given)
        return bool(names)

    def kept(self) -> set[str]:
        """Which of the three pages are served without being made."""
        return {name for name, path in self.addresses.items() if not self.is_made(path)}


@contextmanager
def made() -> Iterator[list[str]]:
    """The templates of pages that are made meanwhile."""
    names: list[str] = []

    def note(_app: Flask, template: Any, **_more: Any) -> None:
        names.append(template.name)

    with template_rendered.connected_to(note):
        yield names


@cache
def _template() -> str:
    name = f"kept_{CONSOLIDATED}"
    with running_server().connect() as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    engine = plain_engine_for(running_server().url(name))
    upgrade(engine, CONSOLIDATED)
    engine.dispose()
    return name


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Settings]:
    with ExitStack() as stack:
        if getattr(request, "param", "sqlite") == "postgresql":
            url = stack.enter_context(running_server().database(template=_template()))
            yield load_settings(
                {
                    "PORTAL_DATA": str(settings.data),
                    "SECRET_KEY": "only for tests",
                    "DEVELOPMENT_DATABASE_URL": url.render_as_string(hide_password=False),
                }
            )
        else:
            yield settings


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that does other work as well is no slow database."""
    for module in (sqlite_asking, postgresql_asking):
        monkeypatch.setattr(module, "PATIENCE", 10)


@pytest.fixture
def site(app: Flask, settings: Settings) -> Iterator[Site]:
    if settings.development_url.get_backend_name() == "sqlite":
        target = make_database("development")
    else:
        target = target_named("development")
        adopt_quietly(target)
    yield Site(app, target)
    db.session.remove()
    db.engine.dispose()


def by_hand(site: Site, *statements: str) -> None:
    """As whoever has the database's address can: no number is raised."""
    engine = plain_engine_for(site.target.url)
    with engine.begin() as connection:
        for each in statements:
            connection.exec_driver_sql(each)
    engine.dispose()


__all__ = ["Site", "asker_for", "by_hand", "engine_for", "made"]
