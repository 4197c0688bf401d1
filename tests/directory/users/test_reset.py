"""A forgotten password: a link by mail for two hours, and the same answer for everybody."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from portal.core.clock import now
from portal.core.storage.database import changing_directory, db
from portal.directory.models import User
from portal.directory.users.letters import LetterKind
from portal.directory.users.models import SiteAccount, SiteEvent, SiteLetter
from tests.directory.users.mails import link_to, mails
from tests.directory.users.test_login import BCRYPT, log_in_by_form
from tests.support.owners import log_in_site, make_user
from tests.support.pages import check_page, words

EMAIL, NEW = "olive@example.com", "seven loud loudspeakers"


def ask(client: FlaskClient, email: str = EMAIL) -> str:
    answer = client.post("/login/forgotten", data={"email": email})
    assert (answer.status_code, answer.location) == (303, "/login/forgotten/sent"), answer.text
    return link_to(email, LetterKind.RESET_PASSWORD)


def test_a_new_password_ends_all_else_and_is_noted(olive: User, client: FlaskClient, site: Flask):
    other = site.test_client()
    log_in_site(other, olive)
    first, second = ask(client), ask(client)
    page = client.page(second)
    assert "olive@example.com" in words(page.main)

    answer = client.post(second, data={"new": NEW})
    assert (answer.status_code, answer.location) == (303, "/me")
    assert client.get("/me").status_code == 200
    assert other.get("/me").status_code == 303
    assert log_in_by_form(site.test_client()).status_code == 422
    assert log_in_by_form(site.test_client(), password=NEW).status_code == 303

    for link in (first, second):
        for answer in (other.get(link), other.post(link, data={"new": NEW})):
            assert answer.status_code == 409
            assert "used already" in answer.text
    db.session.rollback()
    noted = db.session.scalars(select(SiteEvent)).one()
    stored = db.session.get_one(User, olive.id)
    assert (noted.kind, noted.user_id) == ("password-changed", olive.id)
    assert noted.details["password_hash"] == stored.password_hash
    assert mails()[-1] == ("password-changed", EMAIL)
    assert db.session.get_one(SiteAccount, olive.id).password_set_at


def test_it_is_the_way_in_for_accounts_of_older_releases(site: Flask, client: FlaskClient):
    make_user("Olive@Example.com", password_hash=BCRYPT, email_verified=False)
    client.post("/login/forgotten", data={"email": EMAIL})
    client.post(link_to("Olive@Example.com", LetterKind.RESET_PASSWORD), data={"new": NEW})
    assert db.session.scalars(select(User.email_verified)).one() is True
    assert log_in_by_form(site.test_client(), password=NEW).status_code == 303


def test_an_unknown_address_answers_alike_and_gets_no_mail(olive: User, client: FlaskClient):
    statements: list[list[str]] = [[]]
    event.listen(
        db.engine, "before_cursor_execute", lambda _c, _d, said, *_: statements[-1].append(said)
    )
    answer = client.post("/login/forgotten", data={"email": "nobody@example.com"})
    unknown = statements.pop()
    statements.append([])
    known = client.post("/login/forgotten", data={"email": EMAIL})
    assert (answer.status_code, answer.location) == (known.status_code, known.location)
    assert len(unknown) == len(statements.pop())
    statements.append([])
    assert mails() == [("reset-password", EMAIL)]
    assert db.session.scalars(select(SiteLetter.user_id)).one() == olive.id


@pytest.mark.parametrize("new", ["short", "Password2026!", "olivemarsh2026", ""])
def test_a_password_that_is_easy_to_guess_comes_back_at_its_field(olive, client, new):
    link = ask(client)
    answer = client.post(link, data={"new": new})
    assert answer.status_code == 422
    assert check_page(answer.text).select_one("#new-error")
    assert client.post(link, data={"new": NEW}).status_code == 303  # the link was not used up


def test_a_link_ends_after_two_hours_with_its_address_and_with_a_block(olive, client):
    link = ask(client)
    with time_machine.travel(now() + timedelta(hours=2, seconds=1), tick=False):
        assert "expired" in client.get(link).text
        assert client.post(link, data={"new": NEW}).status_code == 409
    with changing_directory():
        db.session.get_one(User, olive.id).email = "new@example.com"
    assert client.get(link).status_code == 409
    with changing_directory():
        db.session.get_one(User, olive.id).email = EMAIL
        db.session.add(SiteAccount(user_id=olive.id, blocked_at=now()))
    answer = client.post(link, data={"new": NEW})
    assert answer.status_code == 403
    assert "was not changed" in answer.text
    for code in ("x", link.rpartition("/")[2][:-1] + "g", "%00"):
        assert client.get(f"/login/reset/{code}").status_code == 404


def test_asking_is_throttled(olive: User, client: FlaskClient):
    sent = [client.post("/login/forgotten", data={"email": EMAIL}).status_code for _ in range(5)]
    assert sent == [303] * 4 + [429]
    answer = client.post("/login/forgotten", data={"email": "x"})
    assert answer.status_code == 422
    assert "is not an email address" in answer.text
