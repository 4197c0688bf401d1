"""What staff do with one account: confirm, disable, enable, end sessions."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from portal.core.clock import now
from portal.core.storage.database import changing_directory, db
from portal.databases.policies.maintenance import begin_maintenance
from portal.directory.claims.placeholders import new_placeholder
from portal.directory.models import StudioProfile, User
from portal.directory.people.acts import disable_person, enable_person
from portal.directory.restored.endings import SiteEndings
from portal.directory.users.draining import drain_events
from portal.directory.users.ended import EndedKind, EndedOnSite
from portal.directory.users.links import link_code
from portal.directory.users.models import SiteAccount, SiteEvent
from tests.databases.stage import OMAR
from tests.directory.history.studios import by
from tests.directory.people.conftest import PEOPLE, account, changes, events, letters
from tests.support.cast import log_in, make_account
from tests.support.client import PortalClient
from tests.support.owners import PASSWORD, log_in_site, make_user
from tests.support.pages import check_page, words
from tests.support.site_directory import place_directory

WHY = "You sent <b>spam</b> http://evil.example."


def test_an_account_is_disabled_with_a_reason_and_enabled_again(
    site: Flask, studio: StudioProfile, admin: PortalClient, visitor: PortalClient
):
    number, email = studio.user_id, "olive.secret@marsh.example"
    owner = make_user("olive@example.com")
    log_in_site(visitor, owner)
    path = f"{PEOPLE}/{owner.id}"
    page = admin.page(path)
    assert "olive@example.com" in words(page.select_one(".facts"))
    assert words(page.select_one("#sessions").find_parent("section")).count("Last used") == 1
    assert email not in page.text

    assert visitor.get("/me").status_code == 200
    empty = admin.post(f"{path}/disable", data={"reason": " "})
    assert empty.status_code == 422
    page = check_page(empty.text)
    assert "Fill in the reason" in words(page.select_one("details[open]"))
    answer = admin.post(f"{path}/disable", data={"reason": WHY}, follow_redirects=True)
    assert "The studio stays as it is" in answer.text
    assert (account(owner.id).blocked_because, visitor.get("/me").status_code) == (WHY, 303)
    assert [(each.kind, each.email) for each in letters()] == [
        ("account-disabled", "olive@example.com")
    ]
    said = {"email": "olive@example.com", "password": PASSWORD}
    assert WHY.partition(" ")[0] in words(check_page(visitor.post("/login", data=said).text))
    wrong = visitor.post("/login", data=said | {"password": "another one entirely"})
    assert "blocked" not in wrong.text
    assert admin.post(f"{path}/disable", data={"reason": "Again"}).status_code == 409

    assert admin.post(f"{path}/enable").status_code == 303
    assert account(owner.id).blocked_at is None
    assert visitor.post("/login", data=said).status_code == 303
    assert admin.post(f"{path}/enable").status_code == 409
    kinds = set(db.session.scalars(select(SiteEvent.kind)))
    assert EndedKind.BLOCKED.value not in kinds
    assert events() == ["person.disabled", "person.enabled"]
    assert [each.reason for each in changes()] == [WHY, None]
    page = admin.page(path)
    assert "Person: disabled" in words(page.select_one("#history").find_parent("section"))
    assert account(owner.id).user_id != number


def test_a_disabled_account_gets_no_other_address(
    site: Flask, admin: PortalClient, visitor: PortalClient
):
    """The links of a change that was asked for before are void, also once it is enabled."""
    owner = make_user("olive@example.com")
    log_in_site(visitor, owner)
    visitor.post("/me/address", data={"email": "mallory@example.com"})
    codes = [link_code("address", str(each.about)) for each in letters()]
    assert len(codes) == 2
    path = f"{PEOPLE}/{owner.id}"
    assert admin.post(f"{path}/disable", data={"reason": WHY}).status_code == 303
    for code in codes:
        assert visitor.post(f"/me/address/{code}").status_code >= 400
    admin.post(f"{path}/enable")
    for code in codes:
        visitor.post(f"/me/address/{code}")
    db.session.rollback()
    assert db.session.get_one(User, owner.id).email == "olive@example.com"


def test_an_address_is_confirmed_and_sessions_end(site: Flask, admin: PortalClient):
    person = make_user("nell@example.com", name="Nell", email_verified=False)
    number, path = person.id, f"{PEOPLE}/{person.id}"
    client = site.test_client()
    log_in_site(client, person)
    data = {"reason": "She called from the studio’s number."}
    assert admin.post(f"{path}/confirm", data=data).status_code == 303
    assert admin.post(f"{path}/confirm", data=data).status_code == 409
    answer = admin.post(f"{path}/sessions/end", follow_redirects=True)
    assert "1 session ended." in answer.text
    assert client.get("/me").status_code == 303
    db.session.rollback()
    assert db.session.get_one(User, number).email_verified
    assert events() == ["person.confirmed", "person.sessions-ended"]


def test_a_placeholder_is_nobody(site: Flask, admin: PortalClient):
    with changing_directory():
        number = new_placeholder("Voice Rooms").id
    page = admin.page(f"{PEOPLE}/{number}")
    assert "has no owner yet" in words(page.main)
    assert not page.select(".acts")
    for act in ("disable", "confirm"):
        answer = admin.post(f"{PEOPLE}/{number}/{act}", data={"reason": "x"})
        assert answer.status_code == 409
    admin.page(f"{PEOPLE}/99999", status=404)
    admin.page(f"{PEOPLE}/99999999999999999999", status=404)


def test_a_restore_blocks_again_but_not_whom_staff_have_enabled_since(app: Flask):
    target, ana = place_directory(), by(make_account("ana"))
    stays, returns = (make_user(f"{name}@example.com").id for name in ("ben", "nell"))
    for number in (stays, returns):
        disable_person(number, "Spam", by=ana)
    drain_events(target)
    enable_person(returns, by=ana)
    drain_events(target)
    db.session.rollback()
    assert list(db.session.scalars(select(EndedOnSite.user_id))) == [stays]
    [row] = db.session.scalars(select(EndedOnSite)).all()
    endings = SiteEndings().since(row.database_uuid, now() - timedelta(days=1))
    with changing_directory():
        db.session.get_one(SiteAccount, stays).blocked_at = None
    with db.engine.begin() as connection:
        found = SiteEndings().apply(connection, endings, at=now())
    assert "1 block since the backup was applied again." in found.applied
    assert account(stays).blocked_at
    assert account(returns).blocked_at is None


@pytest.mark.parametrize("act", ["disable", "sessions/end"])
def test_nothing_is_changed_in_maintenance_mode(app: Flask, act: str):
    target, admin = place_directory(), app.test_client()
    number = make_user().id
    log_in(admin, make_account("ana"))
    begin_maintenance(target, because="Moving house", by=OMAR)
    assert "Nothing can be changed at the moment" in admin.get(f"{PEOPLE}/{number}").text
    answer = admin.post(f"{PEOPLE}/{number}/{act}", data={"reason": "Kept words"})
    assert answer.status_code == 503
    if act == "disable":
        assert "Kept words" in answer.text
