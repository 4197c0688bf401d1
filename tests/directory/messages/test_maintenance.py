"""While the directory can only be read, each form says so first, and nothing that was typed is
lost."""

import pytest
from flask import Flask
from sqlalchemy import select

from portal.core.storage.database import db
from portal.databases.policies.maintenance import begin_maintenance
from portal.databases.targets.config import Target
from portal.directory.models import StudioProfile
from portal.directory.owners.models import SiteMessage
from portal.directory.revisions import WITH_OWNERS, WITH_SETS
from tests.databases.stage import OMAR
from tests.directory.messages.conftest import TYPED, contact, letters, logged_in, messages, write
from tests.support.client import PortalClient
from tests.support.databases import make_database
from tests.support.pages import check_page, words

LATER = "nothing that you type is lost"


def a_studio() -> StudioProfile:
    listed = select(StudioProfile).where(
        StudioProfile.status == "active", StudioProfile.is_profile_visible
    )
    return db.session.scalars(listed.limit(1)).one()


@pytest.fixture
def target(app: Flask) -> Target:
    return make_database("development", WITH_OWNERS, studios=3)


def test_forms_say_so_before_and_keep_what_was_typed(
    app: Flask, target: Target, visitor: PortalClient
):
    studio = a_studio()
    owner = logged_in(app, studio)
    number = write(visitor, studio).id
    begin_maintenance(target, because="Moving house", by=OMAR)

    page = visitor.page(contact(studio))
    assert LATER in words(page.select_one(".notice"))
    for _ in range(6):  # an attempt that can't be stored is not counted
        answer = visitor.post(contact(studio), data=TYPED | {"message": "Another one"})
        assert answer.status_code == 503
    page = check_page(answer.text)
    assert words(page.select_one("#message")) == "Another one"
    assert page.select_one("#email")["value"] == "nora@example.com"
    assert "nothing was saved" in words(page.select_one("[role=alert]"))

    page = owner.page(f"/me/messages/{number}")
    assert LATER in words(page.select_one(".notice"))
    answer = owner.post(f"/me/messages/{number}/reply", data={"body": "Yes.", "way": "without"})
    assert answer.status_code == 503
    assert words(check_page(answer.text).select_one("#body")) == "Yes."
    assert owner.post(f"/me/messages/{number}/delete").status_code == 503
    [row] = messages()
    assert row.read_at is row.answered_at is None
    assert len(letters()) == 1


def test_the_release_serves_the_schema_before(app: Flask, visitor: PortalClient):
    """As long as the expand was not run: without the tables of owners."""
    make_database("development", WITH_SETS, studios=3)
    studio = a_studio()
    page = visitor.page(contact(studio).removesuffix("/contact"))
    assert words(page.h1) == studio.name
    assert not page.select(".hours, .studio-contact .button")
    visitor.page(contact(studio), status=404)
    answer = visitor.post(contact(studio), data=TYPED)
    assert answer.status_code == 503
    assert "Are you free on Tuesday?" in answer.text
    assert not db.session.connection().dialect.has_table(
        db.session.connection(), SiteMessage.__tablename__
    )
