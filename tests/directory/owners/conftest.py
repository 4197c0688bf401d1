"""Olive, who owns a studio, in the site's own realm."""

from typing import cast

import pytest
from flask import Flask

from portal.core.configuration.settings import Settings
from portal.directory.models import User
from tests.directory.owners.editing import Editor
from tests.support.owners import log_in_site, make_site, make_user
from tests.support.pages import PageClient


@pytest.fixture
def site(app: Flask, settings: Settings) -> Flask:
    make_site(app, settings)
    return app


@pytest.fixture
def olive(site: Flask) -> User:
    return make_user()


@pytest.fixture
def editor(site: Flask, olive: User) -> Editor:
    client = cast(PageClient, site.test_client())
    log_in_site(client, olive)
    return Editor(client)


@pytest.fixture
def visitor(site: Flask) -> PageClient:
    return cast(PageClient, site.test_client())
