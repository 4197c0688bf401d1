"""A person's own account: its page, password, sessions, and which mails come."""

from datetime import timedelta
from uuid import UUID

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.core.clock import now
from portal.core.storage.database import changing_directory, db
from portal.directory.models import StudioStatus, User
from portal.directory.owners.models import SiteMessage, StudioDetails
from portal.directory.users.account.mail import unsubscription_code
from portal.directory.users.links import link_code
from portal.directory.users.models import SiteAccount, SiteEvent
from tests.directory.users.conftest import make_studio
from tests.directory.users.mails import mails
from tests.directory.users.test_login import log_in_by_form
from tests.support.owners import PASSWORD, log_in_site, make_user
from tests.support.pages import check_page, words

NEW = "seven loud loudspeakers"


def events() -> list[tuple[str, int | None]]:
    db.session.rollback()
    return [(row.kind, row.user_id) for row in db.session.scalars(select(SiteEvent))]


@pytest.mark.parametrize(
    ("state", "says", "leads"),
    [
        ({"status": StudioStatus.DRAFT, "is_profile_visible": False}, "draft", ["/me/studio"]),
        ({}, "published", ["/me/studio", "/studios/quiet-corner-1"]),
        ({"status": StudioStatus.INACTIVE}, "hidden", ["/me/studio"]),
        ({"status": StudioStatus.INACTIVE}, "switched off", ["/me/studio"]),
        ({"status": StudioStatus.PENDING}, "being checked", ["/me/studio"]),
    ],
)
def test_the_page_names_the_studio_its_state_and_the_next_step(olive, own, state, says, leads):
    make_studio(olive, **state)
    if says == "hidden":
        with changing_directory():
            db.session.add(StudioDetails(user_id=olive.id, hidden_at=now()))
    page = own.page("/me")
    assert words(page.select_one(".next-step h2")) == f"Quiet Corner {says}"
    assert [a["href"] for a in page.select(".next-step a")] == leads
    assert not page.select(".maintenance-banner")


def test_the_page_counts_messages_and_sessions(olive: User, own: FlaskClient, site: Flask):
    log_in_site(site.test_client(), olive)
    with changing_directory():
        for number in range(3):
            message = SiteMessage(id=str(UUID(int=number)), user_id=olive.id, studio_number=1)
            message.sender_name, message.sender_email, message.body = "V", "v@example.com", "Hi"
            message.read_at = now() if number else None
            db.session.add(message)
    shown = words(own.page("/me").main)
    assert "1 unread, 3 in all." in shown
    assert "Sessions: 2" in shown


def test_a_password_is_changed_with_the_current_one(olive: User, own: FlaskClient, site: Flask):
    other = site.test_client()
    log_in_site(other, olive)
    for fields, field in (
        ({"current": "wrong", "new": NEW}, "current"),
        ({"current": PASSWORD, "new": "short"}, "new"),
        ({"current": PASSWORD, "new": "olivemarsh2026"}, "new"),
        ({"current": "", "new": NEW}, "current"),
    ):
        answer = own.post("/me/password", data=fields)
        assert answer.status_code == 422
        assert check_page(answer.text).select_one(f"#{field}-error")
        assert NEW not in answer.text
    assert events() == []
    assert own.post("/me/password", data={"current": PASSWORD, "new": NEW}).location == "/me"
    assert own.get("/me").status_code == 200
    assert other.get("/me").status_code == 303
    assert (events(), mails()) == (
        [("password-changed", olive.id)],
        [("password-changed", olive.email)],
    )
    assert log_in_by_form(other, password=NEW).status_code == 303


def test_guessing_the_current_password_is_throttled(own: FlaskClient):
    guess = {"current": "wrong", "new": NEW}
    answers = [own.post("/me/password", data=guess).status_code for _ in range(6)]
    assert answers == [422] * 5 + [429]


def test_sessions_are_listed_and_ended(olive: User, own: FlaskClient, site: Flask):
    other, third = site.test_client(), site.test_client()
    firefox = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Firefox/130.0"}
    other.post("/login", data={"email": olive.email, "password": PASSWORD}, headers=firefox)
    log_in_site(third, olive)
    page = own.page("/me/sessions")
    rows = page.select("tbody tr")
    assert len(rows) == 3
    assert "Firefox on Linux" in words(page.main)
    assert words(page.main).count("this one") == 1

    row = next(row for row in rows if "Firefox" in words(row))
    assert own.post(row.form["action"]).location == "/me/sessions"
    assert other.get("/me").status_code == 303
    assert third.get("/me").status_code == 200
    assert own.post("/me/sessions/end-others").location == "/me/sessions"
    assert third.get("/me").status_code == 303
    (last,) = own.page("/me/sessions").select("tbody tr")
    assert own.post(last.form["action"]).location == "/login"
    assert own.get("/me").status_code == 303


def test_mails_about_messages_are_ended_on_the_page_and_begun_again(olive, own):
    assert own.page("/me").select_one("[name=wants_mail]").has_attr("checked")
    for _ in range(2):  # twice changes nothing more
        assert own.post("/me/mail", data={}).status_code == 303
    assert not own.page("/me").select_one("[name=wants_mail]").has_attr("checked")
    assert events() == [("mail-ended", olive.id)]
    own.post("/me/mail", data={"wants_mail": "y"})
    assert db.session.get_one(SiteAccount, olive.id).mail_ended_at is None


def test_a_link_in_a_mail_ends_them_by_a_button_without_a_login(olive: User, client: FlaskClient):
    address = f"/unsubscribe/{unsubscription_code(olive.id)}"
    assert "End these mails" in words(client.page(address).main)
    assert events() == []
    assert client.post(address).location == address
    assert "No more mails" in words(client.page(address).h1)
    assert client.post(address).status_code == 303
    assert events() == [("mail-ended", olive.id)]


def test_other_codes_end_nothing(olive: User, client: FlaskClient):
    other = str(UUID(int=olive.id))
    codes = ["x", link_code("reset", other), link_code("unsubscribe", str(UUID(int=olive.id + 1)))]
    codes += [link_code("unsubscribe", str(UUID(int=number))) for number in (0, 2**31, 2**127)]
    for code in codes:
        for answer in (client.get(f"/unsubscribe/{code}"), client.post(f"/unsubscribe/{code}")):
            assert answer.status_code == 404, code
    assert events() == []


def test_a_name_is_shown_as_it_is(site: Flask, client: FlaskClient):
    log_in_site(client, make_user("x@example.com", name="{{ 7*7 }} <b>x</b>"))
    assert words(client.page("/me").h1) == "Hello, {{ 7*7 }} <b>x</b>"


@pytest.mark.parametrize("address", ["/me/address", "/me/export", "/me/deletion"])
def test_a_login_older_than_thirty_minutes_asks_for_the_password(olive, own, address):
    data = {"email": "new@example.com"}
    assert not own.page(address).select_one("[name=current]")
    with time_machine.travel(now() + timedelta(minutes=31), tick=False):
        assert own.page(address).select_one("[name=current]")
        for typed, said in (("", "Fill in your password"), ("wrong", "The password is wrong.")):
            answer = own.post(address, data=data | {"current": typed})
            assert answer.status_code == 422
            page = check_page(answer.text)
            assert said in words(page.select_one("#current-error"))
            if address == "/me/address":
                assert page.select_one("[name=email]")["value"] == "new@example.com"
        assert (mails(), events()) == ([], [])
        assert own.post(address, data=data | {"current": PASSWORD}).status_code in {200, 303}
        assert not own.page(address).select_one("[name=current]")  # that was a fresh login


def test_an_address_that_is_not_there_leads_back_to_the_account(own: FlaskClient):
    page = own.page("/me/nothing", status=404)
    assert "voice-directory" in page.html["class"]
    assert [a["href"] for a in page.select("main .actions a")] == ["/me", "/"]
