"""An imported studio, a person who claims it, and an admin who decides."""

from typing import Any, cast

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.accounts.models import Role
from portal.core.configuration.settings import Settings
from portal.core.storage.database import changing_directory, db
from portal.directory.claims.models import Claim, ClaimState, Origin
from portal.directory.claims.placeholders import new_placeholder
from portal.directory.models import StudioProfile, StudioStatus, User
from portal.directory.owners.models import StudioDetails
from portal.directory.users.letters import LetterKind
from portal.directory.users.links import link_code
from portal.directory.users.models import SiteLetter
from portal.directory.visibility import slug_of
from tests.support.cast import log_in, make_account
from tests.support.client import PortalClient
from tests.support.owners import log_in_site, make_site, make_user

KNOWN = "desk.secret@voicerooms.example"
NAME = "Voice Rooms"


@pytest.fixture
def site(app: Flask, settings: Settings) -> Flask:
    make_site(app, settings)
    return app


@pytest.fixture
def studio(site: Flask) -> int:
    return imported_studio()


@pytest.fixture
def olive(site: Flask) -> User:
    return make_user()


@pytest.fixture
def claimant(site: Flask, olive: User) -> PortalClient:
    return browser_of(site, olive)


@pytest.fixture
def visitor(site: Flask) -> PortalClient:
    return cast(PortalClient, site.test_client())


@pytest.fixture
def admin(site: Flask) -> PortalClient:
    client = cast(PortalClient, site.test_client())
    log_in(client, make_account("ada", Role.ADMIN))
    return client


def imported_studio(name: str = NAME, email: str | None = KNOWN, **more: Any) -> int:
    """Its number. Listed, as an import that publishes makes it."""
    values = {"city": "Leeds", "status": StudioStatus.ACTIVE, "is_profile_visible": True}
    with changing_directory():
        user = new_placeholder(name)
        row = StudioProfile(user_id=user.id, name=name, **(values | more))
        db.session.add_all([row, StudioDetails(user_id=user.id, zone="Europe/London")])
        db.session.flush()
        number = row.id
        origin = Origin(user_id=user.id, studio_number=number, key=f"row {number}", email=email)
        origin.fingerprint = "-"
        db.session.add(origin)
    return number


def browser_of(site: Flask, user: User) -> PortalClient:
    client = cast(PortalClient, site.test_client())
    log_in_site(client, user)
    return client


def slug(number: int) -> str:
    db.session.rollback()
    return slug_of(db.session.get_one(StudioProfile, number).name, number)


def owner_of(number: int) -> User:
    db.session.rollback()
    return db.session.get_one(StudioProfile, number).user


def ask(client: FlaskClient, number: int, message: str = "It is mine.") -> Claim:
    """The claim that was made by the form."""
    answer = client.post(f"/studios/{slug(number)}/claim", data={"message": message})
    assert answer.status_code == 303, answer.text
    return claims()[-1]


def claims() -> list[Claim]:
    db.session.rollback()
    return list(db.session.scalars(select(Claim).order_by(Claim.created_at)))


def state() -> ClaimState:
    return claims()[-1].state


def letters() -> list[SiteLetter]:
    db.session.rollback()
    return list(db.session.scalars(select(SiteLetter).order_by(SiteLetter.created_at)))


def told() -> list[tuple[str, str]]:
    return [(each.kind, each.email) for each in letters()]


def link() -> str:
    """Of the newest letter to a studio."""
    row = [each for each in letters() if each.kind == LetterKind.CONFIRM_CLAIM][-1]
    return f"/claim/{link_code('claim', str(row.about))}"
