"""An owner's address reaches a visitor only by the answer in which its owner gives it."""

import base64
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from portal.core.clock import now
from portal.core.errors import Unavailable
from portal.core.storage.database import changing_directory, db
from portal.directory.models import StudioProfile
from portal.directory.owners.models import StudioDetails
from portal.directory.users.models import SiteAccount
from tests.directory.messages.conftest import (
    SECRET,
    TYPED,
    contact,
    letters,
    messages,
    owned_studio,
    write,
)
from tests.directory.pages.studios import address_of
from tests.support.client import PortalClient
from tests.support.owners import log_in_site

PARTS = (b"olive.secret", b"marsh.example")


class Watched(PortalClient):
    """Looks for the owner's address in each answer that this browser gets."""

    seen = 0

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        answer = super().open(*args, **kwargs)
        self.seen += 1
        for text in readings(answer):
            for part in PARTS:
                assert part not in text.lower(), args
        return answer


def readings(answer: TestResponse) -> Iterator[bytes]:
    """Body and headers, also without quoting, and what a signed cookie holds."""
    for name, value in answer.headers:
        yield value.encode()
        yield unquote_to_bytes(value)
        if name == "Set-Cookie":
            held = value.partition("=")[2].partition(".")[0]
            yield base64.urlsafe_b64decode(held + "=" * (-len(held) % 4))
    yield answer.data
    yield unquote_to_bytes(answer.data)


@pytest.fixture
def spy(app: Flask) -> Watched:
    app.test_client_class = Watched
    client = app.test_client()
    app.test_client_class = PortalClient
    assert isinstance(client, Watched)
    return client


def attack(spy: Watched, studio: StudioProfile) -> None:
    """Each page and each refusal of the flow."""
    address = contact(studio)
    spy.get(address_of(studio))
    spy.get(address)
    spy.head(address)
    spy.post(address, data={})
    spy.post(address, data=TYPED | {"email": "nora"})
    spy.post(address, data=TYPED | {"website": "x"})
    spy.post(address, data=TYPED | {"email": SECRET.partition("@")[0][::-1]})
    spy.post(address, data=TYPED, with_token=False)
    spy.post(address, data=TYPED, follow_redirects=True)
    spy.post(address, data=TYPED, follow_redirects=True)
    spy.get(f"{address}?sent=yes")
    spy.get(f"/studios/renamed-{studio.id}/contact", follow_redirects=True)
    for number in range(7):  # until too many
        spy.post(address, data=TYPED | {"message": str(number)})
    for path in ("/me/messages", *(f"/me/messages/{each.id}" for each in messages())):
        spy.get(path)
        spy.post(f"{path}/reply", data={"body": "x", "way": "with", "address": "x"})


@pytest.mark.parametrize("is_owner", [False, True], ids=["a stranger", "another owner"])
def test_no_page_holds_it(studio: StudioProfile, spy: Watched, is_owner: bool):
    if is_owner:
        log_in_site(spy, owned_studio("Loud Corner", "loud@example.com").user)
    write(spy, studio, message="For the inbox")
    attack(spy, studio)
    assert spy.seen > 20


def test_nor_a_refusal_of_an_owner_who_takes_none(studio: StudioProfile, spy: Watched):
    with changing_directory():
        db.session.add(StudioDetails(user_id=studio.user_id, takes_messages=False))
        db.session.add(SiteAccount(user_id=studio.user_id, blocked_at=now()))
    attack(spy, studio)


def test_nor_a_site_that_is_unfit(app: Flask, studio: StudioProfile, spy: Watched):
    def check() -> None:
        raise Unavailable("The directory is being moved.")

    app.extensions["portal.directory.check"] = check
    attack(spy, studio)
    lost = spy.post(contact(studio), data=TYPED)
    assert lost.status_code == 503
    assert "Are you free on Tuesday?" in lost.text


def test_letters_hold_it_where_they_go_and_where_it_was_given(
    studio: StudioProfile, visitor: PortalClient, owner: PortalClient
):
    for words, way in (("One", "without"), ("Two", "with")):
        message = write(visitor, studio, message=words)
        number = message.id
        typed = {"body": "Yes.", "way": way, "address": SECRET}
        owner.post(f"/me/messages/{number}/reply", data=typed)
    to_owner, hidden, _, given = letters()
    assert SECRET not in json.dumps(to_owner.details)
    assert SECRET not in json.dumps([hidden.details, hidden.email, hidden.about])
    assert given.details["reply_to"] == SECRET
