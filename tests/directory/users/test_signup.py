"""Sign-up: an account exists when its address is confirmed, and a known address is not told."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, select

from portal.accounts.login import passwords
from portal.core.clock import now
from portal.core.storage.database import db
from portal.directory.models import Role, User
from portal.directory.users.letters import LetterKind
from portal.directory.users.models import SignUp, SiteSession
from tests.directory.users.mails import link_to, mails
from tests.support.owners import PASSWORD, log_in_site, make_user
from tests.support.pages import check_page, words

FIELDS = {"name": "Nora Quill", "email": "nora@example.com", "new": PASSWORD, "website": ""}


OWN = {"current": PASSWORD}
"""What a browser is asked for in which nobody signed up with the link's address."""


def sign_up(client: FlaskClient, **more: str) -> str:
    """Returns the words of the page after it."""
    answer = client.post("/signup", data=FIELDS | more)
    assert (answer.status_code, answer.location) == (303, "/signup/sent"), answer.text
    return words(client.page("/signup/sent").main)


def users() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(User)) or 0


def test_a_person_signs_up_confirms_and_is_logged_in(site: Flask, client: FlaskClient):
    page = client.page("/signup")
    assert words(page.h1) == "Show your studio"
    assert page.select_one(".leave-empty[aria-hidden=true] input[tabindex='-1']")

    assert "nora@example.com" in sign_up(client, email=" Nora@Example.com ")
    assert (users(), mails()) == (0, [("confirm-signup", "nora@example.com")])

    link = link_to("nora@example.com", LetterKind.CONFIRM_SIGNUP)
    answer = client.get(link)
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert "Nora Quill" in answer.text
    assert users() == 0  # opening it confirms nothing

    answer = client.post(link)
    assert (answer.status_code, answer.location) == (303, "/me/studio")
    nora = db.session.scalars(select(User)).one()
    assert (nora.username, nora.role, nora.email_verified) == ("nora-quill", Role.OWNER, True)
    assert words(client.page("/me").h1) == "Hello, Nora Quill"
    assert "Describe your studio" in words(client.page("/me").main)
    assert client.get("/signup").location == "/me"


def test_a_link_works_once_and_says_so(site: Flask, client: FlaskClient):
    sign_up(client)
    link = link_to("nora@example.com", LetterKind.CONFIRM_SIGNUP)
    client.post(link)
    for answer in (client.post(link), client.get(link), site.test_client().post(link)):
        assert answer.status_code == 409
        assert "There is an account for nora@example.com already" in answer.text
    assert users() == 1


@pytest.mark.parametrize(
    ("code", "status", "said"),
    [
        ("x", 404, "not complete"),
        ("00000000-0000-0000-0000-000000000000.0", 404, "not complete"),
        ("expired", 409, "expired"),
    ],
)
def test_other_links_say_what_to_do(site, client, code, status, said):
    sign_up(client)
    link = link_to("nora@example.com", LetterKind.CONFIRM_SIGNUP)
    address = link if code == "expired" else f"/signup/confirm/{code}"
    later = now() + timedelta(hours=24, seconds=1) if code == "expired" else now()
    with time_machine.travel(later, tick=False):
        for answer in (client.get(address), client.post(address)):
            assert answer.status_code == status
            assert said in answer.text
            page = check_page(answer.text)
            assert {a["href"] for a in page.select("main .actions a")} == {
                "/login",
                "/login/forgotten",
                "/signup",
            }
    assert users() == 0


def test_of_two_sign_ups_the_first_that_is_confirmed_wins(site: Flask, client: FlaskClient):
    sign_up(client, name="First")
    first = link_to("nora@example.com", LetterKind.CONFIRM_SIGNUP)
    sign_up(client, name="Second")
    second = link_to("nora@example.com", LetterKind.CONFIRM_SIGNUP)
    assert first != second
    assert site.test_client().post(second, data=OWN).status_code == 303
    answer = site.test_client().post(first)
    assert answer.status_code == 409
    assert "There is an account for nora@example.com already" in answer.text
    assert [user.display_name for user in db.session.scalars(select(User))] == ["Second"]


def test_elsewhere_the_link_opens_an_account_with_its_password_alone(site: Flask, client):
    """A stranger may have signed up with the address: who reads its mail does not know the password
    of that, so no account is opened that two people can log in to."""
    sign_up(site.test_client(), new="the stranger knows this")
    link, reader = link_to("nora@example.com", LetterKind.CONFIRM_SIGNUP), site.test_client()
    page = reader.page(link)
    assert page.select_one("main input[name=current]")
    assert "somebody else signed up" in words(page.main)
    for typed, said in (("", "Fill in the password"), (PASSWORD, "The password is wrong.")):
        answer = reader.post(link, data={"current": typed})
        assert answer.status_code == 422
        assert said in words(check_page(answer.text).select_one("main .error"))
    assert [reader.post(link, data=OWN).status_code for _ in range(5)] == [422] * 4 + [429]
    assert users() == 0

    sign_up(client)  # her own, which she confirms
    link = link_to("nora@example.com", LetterKind.CONFIRM_SIGNUP)
    assert not client.page(link).select_one("main input[name=current]")
    assert client.post(link).status_code == 303
    assert users() == 1


def test_a_known_address_answers_alike_after_the_same_work(
    site: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
):
    make_user("olive@example.com", name="Olive")
    hashed: list[str] = []
    real = passwords.hash_password
    monkeypatch.setattr(
        "portal.directory.users.access.signup.hash_password",
        lambda words: hashed.append(words) or real(words),
    )
    statements: list[list[str]] = []
    event.listen(
        db.engine, "before_cursor_execute", lambda _c, _d, said, *_: statements[-1].append(said)
    )
    said = []
    for email in ("nobody@example.com", "OLIVE@example.com"):
        statements.append([])
        shown = sign_up(site.test_client(), email=email)
        said.append(shown.replace(email.casefold(), "…"))
        statements.append([])
    assert said[0] == said[1]
    assert statements[0] == statements[2] != []
    assert len(hashed) == 2
    assert mails() == [
        ("confirm-signup", "nobody@example.com"),
        ("address-known", "olive@example.com"),
    ]
    assert users() == 1


def test_a_filled_honeypot_answers_alike_and_does_nothing(site: Flask, client: FlaskClient):
    assert sign_up(client, website="http://x.example") == sign_up(site.test_client())
    assert len(mails()) == 1
    assert client.post("/signup/sent").status_code == 303
    assert len(mails()) == 1


def test_the_mail_can_be_sent_again_until_it_is_too_often(site: Flask, client: FlaskClient):
    assert client.get("/signup/sent").location == "/signup"
    sign_up(client)
    sent = [client.post("/signup/sent").status_code for _ in range(4)]
    assert sent == [303, 303, 303, 429]
    assert mails() == [("confirm-signup", "nora@example.com")] * 4
    assert db.session.scalar(select(func.count()).select_from(SignUp)) == 1
    refused = client.post("/signup/sent")
    assert "Too many mails asked for. Wait" in refused.text
    assert "Send it again" in refused.text


def test_it_is_throttled_by_address_of_the_network_too(site: Flask, client: FlaskClient):
    answers = [
        client.post("/signup", data=FIELDS | {"email": f"n{number}@example.com"}).status_code
        for number in range(13)
    ]
    assert answers == [303] * 12 + [429]


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", "", "Fill in your name."),
        ("name", "x" * 101, "at most 100"),
        ("name", "two\nlines", "one line"),
        ("email", "", "Fill in an email address."),
        ("email", "nora@", "is not an email address"),
        ("email", "nora@example.com\r\nBcc: all@example.com", "is not an email address"),
        ("new", "short", "at least 8"),
        ("new", "Password2026!", "one of the first"),
        ("new", "noraquill2026", "one of the first"),
    ],
)
def test_what_is_refused_comes_back_at_its_field(site, client, field, value, said):
    answer = client.post("/signup", data=FIELDS | {field: value})
    assert answer.status_code == 422
    page = check_page(answer.text)
    wrong = page.select_one("[aria-invalid=true]")
    assert wrong["name"] == field
    assert wrong.has_attr("autofocus")
    assert said in words(page.select_one(f"#{field}-error"))
    assert page.select_one("[name=new]").get("value", "") == ""
    if field != "name":
        assert page.select_one("[name=name]")["value"] == "Nora Quill"
    assert (users(), mails()) == (0, [])


def test_usernames_are_made_unique_and_plain(site: Flask, client: FlaskClient):
    make_user("nora-quill@example.com")
    for number, name in enumerate(("Nora Quill", "Nóra  Quill!", "録音", "x" * 100)):
        email = f"p{number}@example.com"
        sign_up(site.test_client(), email=email, name=name)
        site.test_client().post(link_to(email, LetterKind.CONFIRM_SIGNUP), data=OWN)
    db.session.rollback()
    made = [user.username for user in db.session.scalars(select(User).order_by(User.id))]
    assert made[:3] == ["nora-quill", "nora-quill-2", "nora-quill-3"]
    assert made[3].startswith("member-")
    assert made[4] == "x" * 40


def test_somebody_logged_in_confirms_another_address(site: Flask, client: FlaskClient):
    """The link's account is logged in afterwards, and the session before is ended."""
    number = log_in_site(client, make_user())
    sign_up(client)
    client.post(link_to("nora@example.com", LetterKind.CONFIRM_SIGNUP))
    assert words(client.page("/me").h1) == "Hello, Nora Quill"
    assert db.session.get_one(SiteSession, number).ended_at
