"""A site with an owner whose address nothing but a letter may hold, and a visitor who writes."""

from typing import Any, cast

import pytest
from flask import Flask
from sqlalchemy import select

from portal.core.configuration.settings import Settings
from portal.core.storage.database import db
from portal.directory.models import StudioProfile
from portal.directory.owners.models import SiteMessage
from portal.directory.users.models import SiteLetter
from portal.directory.visibility import slug_of
from tests.directory.pages.studios import make_studio
from tests.support.client import PortalClient
from tests.support.owners import log_in_site, make_site

SECRET = "olive.secret@marsh.example"
TYPED = {
    "name": "Nora Reviewer",
    "email": "nora@example.com",
    "message": "Are you free on Tuesday?\r\n\r\nNora",
}


@pytest.fixture
def studio(app: Flask, settings: Settings) -> StudioProfile:
    make_site(app, settings)
    return owned_studio()


def owned_studio(name: str = "Quiet Corner", email: str = SECRET) -> StudioProfile:
    studio = make_studio(name)
    studio.user.email, studio.user.display_name = email, "Olive Marsh"
    db.session.commit()
    return studio


@pytest.fixture
def visitor(app: Flask) -> PortalClient:
    return cast(PortalClient, app.test_client())


@pytest.fixture
def owner(app: Flask, studio: StudioProfile) -> PortalClient:
    """The browser of the studio's owner."""
    return logged_in(app, studio)


def logged_in(app: Flask, studio: StudioProfile) -> PortalClient:
    client = cast(PortalClient, app.test_client())
    log_in_site(client, studio.user)
    return client


def contact(studio: StudioProfile) -> str:
    return f"/studios/{slug_of(studio.name, studio.id)}/contact"


def write(client: PortalClient, studio: StudioProfile, **changes: Any) -> SiteMessage:
    """What a visitor sent, as it is stored."""
    answer = client.post(contact(studio), data=TYPED | changes)
    assert answer.status_code == 303, answer.text[:500]
    return messages()[-1]


def messages() -> list[SiteMessage]:
    db.session.rollback()
    return list(db.session.scalars(select(SiteMessage).order_by(SiteMessage.created_at)))


def letters() -> list[SiteLetter]:
    db.session.rollback()
    return list(db.session.scalars(select(SiteLetter).order_by(SiteLetter.created_at)))
