"""An owner's inbox: who reads, answers and deletes a message, and what leaves by mail."""

from collections.abc import Callable
from typing import cast
from uuid import uuid4

import pytest
from flask import Flask

from portal.accounts.models import Account
from portal.core.storage.database import changing_directory, db
from portal.directory.models import StudioProfile
from portal.directory.owners.models import SiteMessage
from tests.directory.messages.conftest import (
    SECRET,
    letters,
    logged_in,
    messages,
    owned_studio,
    write,
)
from tests.directory.pages.conftest import statements
from tests.support.cast import log_in, make_account
from tests.support.client import PortalClient
from tests.support.pages import check_page, words

ANSWER = {"body": "Yes, at ten.", "way": "without", "address": SECRET}

UNKNOWN = "5b0c7a52-8a53-4f0e-9d49-0f6f5a0f2f11"


@pytest.fixture
def message(studio: StudioProfile, visitor: PortalClient) -> SiteMessage:
    return write(visitor, studio)


def of(message: SiteMessage) -> str:
    return f"/me/messages/{message.id}"


def test_an_empty_inbox_says_what_will_be_here(owner: PortalClient):
    page = owner.page("/me/messages")
    assert "No messages yet" in words(page)
    assert page.select_one("main a[href='/me/studio']")


def test_a_message_is_new_until_it_is_read(message: SiteMessage, owner: PortalClient):
    assert "New" in words(owner.page("/me/messages").select_one(".inbox"))
    page = owner.page(of(message))
    assert "Are you free on Tuesday?" in words(page)
    assert "nora@example.com" in words(page)
    assert "New" not in words(owner.page("/me/messages").select_one(".inbox"))
    read_at, address = messages()[0].read_at, of(message)
    with statements() as asked:
        owner.page(address)
    assert len(asked) <= 8
    assert messages()[0].read_at == read_at is not None


def test_the_inbox_has_pages(studio: StudioProfile, owner: PortalClient):
    with changing_directory():
        for number in range(45):
            db.session.add(
                SiteMessage(
                    id=str(uuid4()), user_id=studio.user_id, studio_number=studio.id,
                    sender_name=f"Sender {number}", sender_email="s@example.com", body="Hello",
                )
            )  # fmt: skip
    seen = set()
    for number in (1, 2, 3):
        page = owner.page(f"/me/messages?page={number}")
        seen |= {words(each) for each in page.select(".inbox-from")}
    assert len(seen) == 45
    assert len(owner.page("/me/messages?page=99").select(".inbox li")) == 5
    assert len(owner.page("/me/messages?page=x").select(".inbox li")) == 20
    with statements() as asked:
        owner.page("/me/messages")
    assert len(asked) <= 8


def test_an_answer_hides_the_address_unless_it_is_given(message: SiteMessage, owner: PortalClient):
    form = owner.page(of(message)).select_one(".message-page form")
    assert SECRET in words(form)
    assert form.select_one("input[name=way][value=without]").has_attr("checked")
    answer = owner.post(f"{of(message)}/reply", data=ANSWER)
    assert (answer.status_code, answer.headers["Location"]) == (303, of(message))
    letter = letters()[-1]
    assert (letter.kind, letter.email, letter.user_id) == ("reply", "nora@example.com", None)
    assert letter.details == {"studio": "Quiet Corner", "body": "Yes, at ten."}
    page = owner.page(of(message))
    assert "Yes, at ten." in words(page.select_one(".letter-own"))
    assert not page.select_one("textarea")
    assert "Answered" in words(owner.page("/me/messages"))
    assert messages()[0].answered_at is not None


def test_an_address_is_given_where_its_owner_says_so(message: SiteMessage, owner: PortalClient):
    owner.post(f"{of(message)}/reply", data=ANSWER | {"way": "with"})
    assert letters()[-1].details["reply_to"] == SECRET


@pytest.mark.parametrize("address", ["eve@example.com", ""])
def test_only_the_address_that_was_shown_is_given(
    message: SiteMessage, owner: PortalClient, address: str
):
    """One that was changed meanwhile, or that another page put into the form."""
    answer = owner.post(f"{of(message)}/reply", data=ANSWER | {"way": "with", "address": address})
    assert answer.status_code == 409
    page = check_page(answer.text)
    assert "Yes, at ten." in words(page.select_one("textarea"))
    assert page.select_one("input[name=address]")["value"] == SECRET
    assert messages()[0].answered_at is None
    assert len(letters()) == 1


def test_an_answer_is_sent_once(message: SiteMessage, owner: PortalClient):
    owner.post(f"{of(message)}/reply", data=ANSWER)
    answer = owner.post(f"{of(message)}/reply", data=ANSWER | {"body": "No, at eleven."})
    assert answer.status_code == 409
    assert "was answered before" in answer.text
    assert "No, at eleven." in answer.text
    assert [letter.kind for letter in letters()] == ["message", "reply"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"body": " \n"}, "Write your answer."),
        ({"body": "x" * 5001}, "At most 5,000 characters"),
        ({"way": "both"}, "Not a valid choice"),
    ],
)
def test_a_refused_answer_comes_back(
    message: SiteMessage, owner: PortalClient, changes: dict[str, str], sentence: str
):
    answer = owner.post(f"{of(message)}/reply", data=ANSWER | changes)
    assert answer.status_code == 422
    assert sentence in words(check_page(answer.text))
    assert messages()[0].answered_at is None


def test_too_many_answers_are_refused(
    studio: StudioProfile, owner: PortalClient, visitor: PortalClient
):
    for number in range(11):
        came = {"REMOTE_ADDR": f"192.0.2.{number}"}
        visitor.environ_base.update(came)
        write(visitor, studio, message=f"Message {number}")
    codes = [owner.post(f"{of(each)}/reply", data=ANSWER).status_code for each in messages()]
    assert codes == [303] * 10 + [429]
    assert len(letters()) == 21


def test_a_message_is_deleted_after_a_question(message: SiteMessage, owner: PortalClient):
    address = of(message)
    question = owner.page(address).select_one("details.letter-delete")
    assert "Delete the message from Nora Reviewer? It can’t be brought back." in words(question)
    answer = owner.post(f"{address}/delete", follow_redirects=True)
    assert "was deleted" in answer.text
    assert messages() == []
    owner.page(address, status=404)
    assert owner.post(f"{address}/reply", data=ANSWER).status_code == 404


def someone_else(app: Flask) -> PortalClient:
    return logged_in(app, owned_studio("Loud Corner", "loud@example.com"))


def stranger(app: Flask) -> PortalClient:
    return cast(PortalClient, app.test_client())


def of_staff(name: str) -> Callable[[Flask], PortalClient]:
    def browser(app: Flask) -> PortalClient:
        client = cast(PortalClient, app.test_client())
        account: Account = make_account(name)
        log_in(client, account)
        return client

    return browser


@pytest.mark.parametrize(
    ("who", "status"),
    [
        (someone_else, 404),
        (stranger, 303),
        (of_staff("cleo"), 303),
        (of_staff("omar"), 303),
        (of_staff("ana"), 303),
    ],
    ids=["another owner", "a stranger", "a client", "ops", "an admin"],
)
def test_a_message_is_its_owners_alone(
    app: Flask, message: SiteMessage, who: Callable[[Flask], PortalClient], status: int
):
    client = who(app)
    address = of(message)
    shown = client.get(address)
    assert shown.status_code == status
    assert "Are you free" not in shown.text
    assert "Are you free" not in client.get("/me/messages").text
    assert client.post(f"{address}/reply", data=ANSWER).status_code == status
    assert client.post(f"{address}/delete").status_code == status
    [row] = messages()
    assert row.answered_at is row.read_at is None
    assert len(letters()) == 1


@pytest.mark.parametrize("number", ["1", "x", UNKNOWN, UNKNOWN.upper(), "%00", "..", "a" * 300])
def test_a_bad_id_is_not_there(owner: PortalClient, message: SiteMessage, number: str):
    assert owner.get(f"/me/messages/{number}").status_code in {303, 404}
    assert owner.post(f"/me/messages/{number}/reply", data=ANSWER).status_code in {404, 405}
    assert owner.post(f"/me/messages/{number}/delete").status_code in {404, 405}
    assert len(messages()) == 1


def test_a_wrong_method_changes_nothing(owner: PortalClient, message: SiteMessage):
    for path in ("reply", "delete"):
        assert owner.get(f"{of(message)}/{path}").status_code in {404, 405}
        assert owner.put(f"{of(message)}/{path}").status_code in {400, 405}
        foreign = owner.post(f"{of(message)}/{path}", data=ANSWER, with_token=False)
        assert foreign.status_code == 400
    assert messages()[0].answered_at is None
