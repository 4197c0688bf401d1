"""A placeholder is nobody: it can't be used, found or written to, and pages say so plainly."""

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.accounts.login.passwords import fits
from portal.core.configuration.settings import Settings
from portal.core.storage.database import db
from portal.directory.claims.placeholders import (
    has_owner,
    is_placeholder,
    new_placeholder,
    placeholders,
)
from portal.directory.models import StudioProfile, StudioStatus, User
from portal.directory.owners.models import SiteMessage
from portal.directory.users.access.finding import user_with
from tests.directory.claims.conftest import NAME, imported_studio, letters, owner_of, slug
from tests.directory.messages.conftest import TYPED
from tests.directory.pages.studios import make_studio
from tests.support.client import PortalClient
from tests.support.owners import PASSWORD, make_site, make_user
from tests.support.pages import words


def test_it_can_not_be_used_or_written_to(studio: int, visitor: PortalClient) -> None:
    user = owner_of(studio)
    email, stored = user.email, user.password_hash
    assert email.startswith("imported-")
    assert not user.email_verified
    for typed in ("", stored, "!", "imported"):
        assert not fits(typed, stored)
        answer = visitor.post("/login", data={"email": email, "password": typed or "x"})
        assert answer.status_code in {400, 422}
    for each in (email, email.upper(), f" {email} "):
        assert user_with(each) is None
    asked = visitor.post("/login/forgotten", data={"email": email})
    signed = visitor.post("/signup", data={"name": "Mallory", "email": email, "new": PASSWORD})
    for answer in (asked, signed):
        assert answer.status_code == 422
        assert "is not an email address" in answer.text
    assert letters() == []


def test_visitors_are_told_that_nobody_would_read_it(studio: int, visitor: PortalClient) -> None:
    db.session.get_one(StudioProfile, studio).show_email = True
    db.session.commit()
    path = f"/studios/{slug(studio)}"
    public = visitor.page(path)
    assert "Write to the studio" not in words(public.main)
    assert "placeholder" not in str(public)
    answer = visitor.get(f"{path}/contact")
    assert (answer.status_code, "a message would reach no one" in answer.text) == (404, True)
    assert f'href="{path}/claim"' in answer.text
    assert visitor.post(f"{path}/contact", data=TYPED).status_code == 404
    assert db.session.scalars(select(SiteMessage)).all() == []
    assert letters() == []
    other = make_studio("Other")
    typed = TYPED | {"email": owner_of(studio).email}
    assert visitor.post(f"/studios/{slug(other.id)}/contact", data=typed).status_code == 422


def test_it_is_told_from_people(site: Flask) -> None:
    number = imported_studio()
    person = make_user()
    query = select(func.count()).select_from(User)
    assert db.session.scalar(query.where(placeholders())) == 1
    assert db.session.scalar(query.where(~placeholders())) == 1
    assert (is_placeholder(person), is_placeholder(owner_of(number))) == (False, True)
    assert not has_owner(number)
    assert not has_owner(999)
    nameless, named = new_placeholder(" \n"), new_placeholder(f"Long\n{'a' * 300}")
    assert (nameless.display_name, len(named.display_name)) == ("Imported studio", 120)


@pytest.mark.parametrize("path", ["", "/contact"], ids=["page", "contact"])
def test_before_the_tables_are_there_no_page_offers_a_claim(
    app: Flask, settings: Settings, visitor_before: PortalClient, path: str
) -> None:
    """As after a way back: the studio is still its placeholder's."""
    with_studio()
    text = visitor_before.get(f"/studios/{slug(1)}{path}").text
    assert NAME in text
    assert "Claim it" not in text
    assert visitor_before.get(f"/studios/{slug(1)}/claim").status_code == 503
    assert visitor_before.get("/claim/any").status_code == 503


@pytest.fixture
def visitor_before(app: Flask, settings: Settings) -> PortalClient:
    make_site(app, settings, with_accounts=False)
    return app.test_client()  # type: ignore[return-value]


def with_studio() -> None:
    user = new_placeholder(NAME)
    values = {"status": StudioStatus.ACTIVE, "is_profile_visible": True}
    db.session.add(StudioProfile(user_id=user.id, name=NAME, **values))
    db.session.commit()
