"""The form by which a visitor writes to a studio."""

import pytest
from flask import Flask

from portal.core.clock import now
from portal.core.configuration.settings import Settings, sqlite_path
from portal.core.storage.database import changing_directory, db
from portal.directory.models import StudioProfile, StudioStatus
from portal.directory.owners.models import StudioDetails
from portal.directory.users.models import SiteAccount
from tests.directory.messages.conftest import (
    SECRET,
    TYPED,
    contact,
    letters,
    logged_in,
    messages,
    owned_studio,
    write,
)
from tests.directory.pages.conftest import statements
from tests.directory.pages.studios import address_of, make_studio
from tests.support.client import PortalClient
from tests.support.databases import change_by_hand
from tests.support.owners import make_site
from tests.support.pages import check_page, words


def test_a_message_reaches_its_owner_and_its_sender_reads_what_is_next(
    studio: StudioProfile, visitor: PortalClient
):
    page = visitor.page(address_of(studio))
    assert "nofollow" in page.select_one(f".studio-head a[href='{contact(studio)}']")["rel"]
    form = visitor.get(contact(studio))
    assert check_page(form.text).select_one("meta[name=robots][content=noindex]")
    assert form.headers["Cache-Control"] == "no-store"

    sent = visitor.post(contact(studio), data=TYPED, follow_redirects=True)
    said = " ".join(sent.text.split())
    assert "Your message was sent" in said
    assert "given to the studio’s owner alone" in said
    assert "nora@example.com" in said
    assert sent.headers["Cache-Control"] == "no-store"

    [message], [letter] = messages(), letters()
    assert (message.sender_name, message.sender_email) == ("Nora Reviewer", "nora@example.com")
    assert message.body == "Are you free on Tuesday?\n\nNora"
    assert (message.user_id, message.studio_number) == (studio.user_id, studio.id)
    assert (letter.kind, letter.email, letter.about) == ("message", SECRET, message.id)
    assert letter.details == {"studio": "Quiet Corner", "from": "Nora Reviewer"}


def test_an_owner_who_ended_mails_gets_none(studio: StudioProfile, visitor: PortalClient):
    with changing_directory():
        db.session.add(SiteAccount(user_id=studio.user_id, mail_ended_at=now()))
    write(visitor, studio)
    assert letters() == []


def test_what_was_sent_twice_is_one_message(studio: StudioProfile, visitor: PortalClient):
    write(visitor, studio)
    write(visitor, studio)
    assert len(messages()) == len(letters()) == 1
    write(visitor, studio, message="Or on Wednesday?")
    assert len(messages()) == 2


def test_a_robot_is_thanked_and_nothing_is_stored(studio: StudioProfile, visitor: PortalClient):
    answer = visitor.post(contact(studio), data=TYPED | {"website": "https://spam.example"})
    assert answer.status_code == 303
    assert messages() == letters() == []


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("name", " ", "Fill in your name."),
        ("name", "x" * 101, "A name has at most 100 characters."),
        ("email", "", "Fill in your email address."),
        ("email", "nora", "is not an email address"),
        ("email", "nora@example.com\r\nBcc: eve@example.com", "is not an email address"),
        ("message", "\n ", "Write your message."),
        ("message", "x" * 5001, "At most 5,000 characters"),
    ],
)
def test_refused_input_comes_back_at_its_field(
    studio: StudioProfile, visitor: PortalClient, field: str, typed: str, sentence: str
):
    answer = visitor.post(contact(studio), data=TYPED | {field: typed})
    assert answer.status_code == 422
    page = check_page(answer.text)
    assert sentence in words(page.select_one(f"#{field}-error"))
    assert page.select_one(f"#{field}").has_attr("autofocus")
    kept = "message" if field != "message" else "name"
    assert TYPED[kept].splitlines()[0] in answer.text
    assert messages() == []


def test_all_that_is_wrong_is_said_at_once(studio: StudioProfile, visitor: PortalClient):
    answer = visitor.post(contact(studio), data={"name": " ", "email": "nora", "message": ""})
    page = check_page(answer.text)
    assert [each["id"] for each in page.select("p.error")] == [
        "name-error",
        "email-error",
        "message-error",
    ]
    assert page.select_one("#name").has_attr("autofocus")


def test_who_is_logged_in_finds_name_and_address_filled_in(app: Flask, studio: StudioProfile):
    nora = owned_studio("Nora’s", "nora.b@example.com")
    nora.user.display_name = "Nora B"
    db.session.commit()
    page = logged_in(app, nora).page(contact(studio))
    assert page.select_one("#name")["value"] == "Nora B"
    assert page.select_one("#email")["value"] == "nora.b@example.com"


def test_a_studio_that_takes_none_says_so(studio: StudioProfile, visitor: PortalClient):
    with changing_directory():
        db.session.add(StudioDetails(user_id=studio.user_id, takes_messages=False))
    assert "Write to the studio" not in visitor.get(address_of(studio)).text
    page = visitor.page(contact(studio), status=404)
    assert "takes no messages here" in words(page.h1)
    assert page.select_one(f"main a[href='{address_of(studio)}']")
    answer = visitor.post(contact(studio), data=TYPED)
    assert answer.status_code == 404
    assert "Are you free on Tuesday?" in answer.text
    assert messages() == []


def test_a_blocked_owner_gets_no_message(studio: StudioProfile, visitor: PortalClient):
    with changing_directory():
        db.session.add(SiteAccount(user_id=studio.user_id, blocked_at=now()))
    visitor.page(contact(studio), status=404)
    assert visitor.post(contact(studio), data=TYPED).status_code == 404
    assert messages() == []


@pytest.mark.parametrize("status", [each for each in StudioStatus if each != "active"])
def test_a_studio_that_is_not_listed_is_not_there(
    studio: StudioProfile, visitor: PortalClient, status: StudioStatus
):
    studio.status = status
    visitor.page(contact(studio), status=404)
    assert visitor.post(contact(studio), data=TYPED).status_code == 404
    assert messages() == []


@pytest.mark.parametrize("slug", ["quiet-corner", "quiet-corner-99", "1", "x", "quiet-corner-1-"])
def test_another_slug_is_not_there(studio: StudioProfile, visitor: PortalClient, slug: str):
    visitor.page(f"/studios/{slug}/contact", status=404)
    assert visitor.post(f"/studios/{slug}/contact", data=TYPED).status_code == 404


def test_the_old_name_of_a_studio_leads_to_its_form(studio: StudioProfile, visitor: PortalClient):
    answer = visitor.get(f"/studios/old-name-{studio.id}/contact")
    assert (answer.status_code, answer.headers["Location"]) == (302, contact(studio))


def test_a_page_that_says_sent_is_for_who_sent_it(studio: StudioProfile, visitor: PortalClient):
    page = visitor.page(f"{contact(studio)}?sent=yes")
    assert page.select_one("form")
    write(visitor, studio)
    other = make_studio("Other")
    assert visitor.page(f"{contact(other)}?sent=yes").select_one("main form")
    assert not visitor.page(f"{contact(studio)}?sent=yes").select_one("main form")
    assert visitor.page(contact(studio)).select_one("main form")


def test_without_the_token_nothing_is_sent(studio: StudioProfile, visitor: PortalClient):
    assert visitor.post(contact(studio), data=TYPED, with_token=False).status_code == 400
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert visitor.post(contact(studio), data=TYPED, headers=foreign).status_code == 400
    assert visitor.put(contact(studio), data=TYPED).status_code in {400, 405}
    assert messages() == []


def test_too_many_messages_are_refused_and_kept_in_the_form(
    studio: StudioProfile, visitor: PortalClient
):
    for number in range(5):
        write(visitor, studio, message=f"Message {number}")
    answer = visitor.post(contact(studio), data=TYPED)
    assert answer.status_code == 429
    assert "Too many messages in a short time" in answer.text
    assert "Are you free on Tuesday?" in answer.text
    assert len(messages()) == 5
    elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
    assert visitor.post(contact(studio), data=TYPED, environ_overrides=elsewhere).status_code == 303


def test_a_studio_gets_so_many_from_all_addresses(studio: StudioProfile, visitor: PortalClient):
    for number in range(20):
        came = {"REMOTE_ADDR": f"192.0.2.{number}"}
        typed = TYPED | {"message": f"Message {number}"}
        visitor.post(contact(studio), data=typed, environ_overrides=came)
    answer = visitor.post(
        contact(studio), data=TYPED, environ_overrides={"REMOTE_ADDR": "192.0.2.99"}
    )
    assert answer.status_code == 429
    assert len(messages()) == 20


def test_before_the_tables_are_there_nothing_is_offered(
    app: Flask, settings: Settings, visitor: PortalClient
):
    make_site(app, settings, with_accounts=False)
    studio = make_studio()
    assert "Write to the studio" not in visitor.get(address_of(studio)).text
    assert "takes no messages here" in words(visitor.page(contact(studio), status=404))
    answer = visitor.post(contact(studio), data=TYPED)
    assert answer.status_code == 503
    assert "being prepared" in answer.text
    assert "Are you free on Tuesday?" in answer.text


def test_without_ops_nothing_is_sent_and_nothing_is_lost(
    studio: StudioProfile, visitor: PortalClient, settings: Settings
):
    file = sqlite_path(settings.ops_url)
    assert file
    change_by_hand(file, "ALTER TABLE throttle_marks RENAME TO away")
    answer = visitor.post(contact(studio), data=TYPED)
    assert answer.status_code == 503
    assert "Are you free on Tuesday?" in answer.text
    assert messages() == []


def test_it_asks_the_directory_little(studio: StudioProfile, owner: PortalClient):
    with statements() as asked:
        owner.page(contact(studio))
    assert len(asked) <= 8
