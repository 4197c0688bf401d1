"""Approving a message: what was seen is what may leave, once, to the person it is for."""

import pytest
from sqlalchemy import select

from portal.audit.models import AuditEntry
from portal.core.errors import Conflict, Invalid
from portal.core.storage.database import db
from portal.emails.delivery.approval_hash import content_hash, is_as_approved
from portal.emails.delivery.message_bytes import letter_bytes, letter_of
from portal.emails.delivery.outbox import queue_message, reopen_message, withdraw_message
from portal.emails.delivery.sending import take
from portal.emails.models import Message, MessageState
from tests.support.mail import ANA, approve, letter_for, make_mailing, make_message, waiting_message

pytestmark = pytest.mark.usefixtures("app")


def test_an_approved_message_waits_as_the_bytes_that_were_seen() -> None:
    message = make_message()
    letter = letter_for(message)
    queue_message(message, letter=letter, seen_hash=content_hash(message), by=ANA)
    assert message.state is MessageState.WAITING
    assert message.copy == letter_bytes(letter)
    assert (message.approved_by, message.approved_by_id) == ("ana", 1)
    assert message.message_id == letter_of(message.copy)["Message-ID"]
    assert letter["Date"]


def test_the_approval_is_on_record_without_the_persons_name() -> None:
    waiting_message("Cleo")
    entry = db.session.scalar(select(AuditEntry).where(AuditEntry.action == "message.approved"))
    assert entry
    assert "Cleo" not in entry.canonical
    assert "2025-12-16-outage" in entry.canonical


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("to_name", "Omar"),
        ("to_address", "omar@other.example"),
        ("subject", "Something else"),
        ("body", "Other words"),
        ("attachments", [{"name": "report.pdf", "sha256": "1" * 64}]),
    ],
)
def test_an_edit_after_looking_voids_the_approval(column: str, value: object) -> None:
    message = make_message()
    seen = content_hash(message)
    setattr(message, column, value)
    with pytest.raises(Conflict, match="was changed after it was reviewed"):
        queue_message(message, letter=letter_for(message), seen_hash=seen, by=ANA)
    assert message.state is MessageState.DRAFT


@pytest.mark.parametrize(
    "changed",
    [{"To": "omar@other.example"}, {"Subject": "Something else"}, {"Bcc": "omar@other.example"}],
    ids=["another client", "another subject", "a copy for somebody"],
)
def test_a_letter_that_is_not_the_messages_is_refused(changed: dict[str, str]) -> None:
    message = make_message()
    letter = letter_for(message, **changed)
    with pytest.raises(Invalid):
        queue_message(message, letter=letter, seen_hash=content_hash(message), by=ANA)
    assert message.state is MessageState.DRAFT


def test_nobody_is_told_twice_of_one_update() -> None:
    told = waiting_message()
    twin = twin_of(told, update_key="first")
    with pytest.raises(Conflict, match="Cleo was already sent a message about this update"):
        approve(twin)
    approve(twin_of(told, update_key="second"))


def test_about_a_report_as_a_whole_each_template_is_sent_once() -> None:
    told = waiting_message(update_key="report")
    told.once_key = f"{told.mailing.incident}:report:{told.contact_id}"  # of an older release
    db.session.commit()
    twin = twin_of(told, update_key="report")
    with pytest.raises(Conflict, match="a message from this template about this incident"):
        approve(twin)
    twin.mailing.template = "all-clear"
    approve(twin)
    again = twin_of(told, update_key="report")
    again.mailing.template = "what-happened"
    with pytest.raises(Conflict, match="these very words"):
        approve(again)


def test_a_new_update_may_be_told_in_the_same_words() -> None:
    told = waiting_message()
    twin = twin_of(told, update_key="second")
    twin.body = told.body
    approve(twin)


def test_a_message_is_approved_once() -> None:
    message = waiting_message()
    message.once_key = None
    db.session.commit()
    with pytest.raises(Conflict, match="no draft any more"):
        approve(message)


def test_a_withdrawn_message_makes_way_for_another_one() -> None:
    message = waiting_message()
    withdraw_message(message, by=ANA)
    assert message.state is MessageState.WITHDRAWN
    approve(twin_of(message, update_key="first"))


def test_a_message_taken_back_to_edit_has_no_approval() -> None:
    message = waiting_message()
    reopen_message(message, by=ANA)
    assert message.state is MessageState.DRAFT
    assert not is_as_approved(message)
    assert (message.approved_at, message.once_key, message.next_attempt_at) == (None, None, None)


@pytest.mark.parametrize("state", [MessageState.SENDING, MessageState.SENT, MessageState.UNKNOWN])
def test_what_may_have_left_is_not_taken_back(state: MessageState) -> None:
    message = waiting_message()
    message.state = state
    db.session.commit()
    for take_back in (withdraw_message, reopen_message):
        with pytest.raises(Conflict, match="has left, or may have"):
            take_back(message, by=ANA)


def twin_of(message: Message, *, update_key: str) -> Message:
    """Another draft for the same contact, in another mailing about the same incident."""
    twin = Message(
        mailing=make_mailing(update_key),
        contact=message.contact,
        to_name=message.to_name,
        to_address=message.to_address,
        subject=message.subject,
        body="Once more",
    )
    db.session.add(twin)
    db.session.commit()
    return twin


def test_a_message_to_an_old_address_is_neither_approved_nor_sent() -> None:
    message = make_message()
    message.contact.email = "cleo@new.example"
    with pytest.raises(Conflict, match="Cleo has another address by now"):
        approve(message)
    assert message.state is MessageState.DRAFT
    moved = waiting_message("Omar")
    moved.contact.email = "omar@new.example"
    db.session.commit()
    moved_id = moved.id
    db.session.rollback()
    assert take(moved_id) is None
    moved = db.session.get_one(Message, moved_id)
    assert moved.state is MessageState.FAILED
    assert "nothing is sent to the old one" in moved.answer
