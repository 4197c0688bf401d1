"""Strings made to break pages are stored and shown as they were typed, in each field."""

from collections.abc import Iterator

from sqlalchemy import delete

from portal.accounts.models import ThrottleMark
from portal.core.storage.database import db, own_ops_transaction
from portal.directory.folding import one_line
from portal.directory.forms.messages import LONGEST_NAME, LONGEST_TEXT, plain_lines
from portal.directory.models import StudioProfile
from tests.directory.messages.conftest import SECRET, TYPED, contact, messages
from tests.directory.pages.test_hostile import parsed, text_of
from tests.support.client import PortalClient
from tests.support.corpora import hostile_strings

EACH = 4
"""One in so many strings: each of them is a part of some message."""


def texts() -> Iterator[str]:
    """Many strings to a message."""
    text = ""
    for each in hostile_strings()[::EACH]:
        if len(text) + len(each) + 2 > LONGEST_TEXT:
            yield text
            text = ""
        text += f"{each}\n\n"
    yield text


def names() -> list[str]:
    lines = [one_line(each) for each in hostile_strings()]
    return [each for each in lines if 0 < len(each) <= LONGEST_NAME][::40]


def forget_throttles() -> None:
    db.session.rollback()
    with own_ops_transaction() as ops:
        ops.execute(delete(ThrottleMark))


def test_messages_and_answers(studio: StudioProfile, visitor: PortalClient, owner: PortalClient):
    senders = iter(names())
    for text in texts():
        forget_throttles()
        typed = TYPED | {"name": next(senders), "message": text}
        assert visitor.post(contact(studio), data=typed).status_code == 303
        row = messages()[-1]
        assert row.body == plain_lines(text.replace("\0", "")).strip()
        number, name = row.id, row.sender_name
        page = parsed(owner.get(f"/me/messages/{number}").text)
        assert text_of(page, "h1") == [one_line(f"Message from {name}")]
        answer = {"body": text, "way": "without", "address": SECRET}
        assert owner.post(f"/me/messages/{number}/reply", data=answer).status_code == 303
        parsed(owner.get(f"/me/messages/{number}").text)
    for number in (1, 2, 3):
        parsed(owner.get(f"/me/messages?page={number}").text)


def test_addresses_and_refused_input(studio: StudioProfile, visitor: PortalClient):
    """What is no address comes back in the form as it was typed."""
    for each in hostile_strings()[::150]:
        forget_throttles()
        answer = visitor.post(contact(studio), data=TYPED | {"email": each, "name": each})
        assert answer.status_code in {303, 422}
        if answer.status_code == 422:
            page = parsed(answer.text)
            assert page.css_first("#name").attributes["value"] == one_line(each)
