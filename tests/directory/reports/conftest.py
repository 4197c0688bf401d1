"""A listed studio with a picture and a review, a visitor who reports, and an admin."""

from typing import cast

import pytest
from flask import Flask
from sqlalchemy import select

from portal.accounts.models import Role
from portal.core.configuration.settings import Settings
from portal.core.storage.database import db
from portal.directory.models import StudioProfile
from portal.directory.reports.models import Report
from portal.directory.users.models import SiteLetter
from tests.directory.pages.studios import PICTURE, address_of, make_review, make_studio
from tests.support.cast import log_in, make_account
from tests.support.client import PortalClient
from tests.support.owners import make_site

REVIEWED = "A calm session in a quiet booth."
OWNER = "olive.secret@marsh.example"


@pytest.fixture
def site(app: Flask, settings: Settings) -> Flask:
    make_site(app, settings)
    return app


@pytest.fixture
def studio(site: Flask) -> StudioProfile:
    studio = make_studio("Quiet Corner", pictures=(PICTURE,))
    studio.user.email, studio.user.display_name = OWNER, "Olive Marsh"
    make_review(studio, REVIEWED)
    return studio


@pytest.fixture
def visitor(site: Flask) -> PortalClient:
    return cast(PortalClient, site.test_client())


@pytest.fixture
def admin(site: Flask) -> PortalClient:
    return admin_called(site, "ada")


def admin_called(site: Flask, name: str) -> PortalClient:
    client = cast(PortalClient, site.test_client())
    log_in(client, make_account(name, Role.ADMIN))
    return client


def report_page(studio: StudioProfile) -> str:
    return f"{address_of(studio)}/report"


def report(client: PortalClient, studio: StudioProfile, **typed: str) -> Report:
    """What was reported, as it is stored."""
    data = {"about": "studio", "problem": "closed"} | typed
    answer = client.post(report_page(studio), data=data)
    assert answer.status_code == 303, answer.text[:500]
    return reports()[-1]


def reports() -> list[Report]:
    db.session.rollback()
    return list(db.session.scalars(select(Report).order_by(Report.created_at)))


def letters() -> list[SiteLetter]:
    db.session.rollback()
    return list(db.session.scalars(select(SiteLetter).order_by(SiteLetter.created_at)))
