"""Approving a message: what was seen is what may leave, once, to the person it is for."""

import json
from collections.abc import Callable
from hashlib import sha256

import pytest
from sqlalchemy import select

from portal.audit.models import AuditEntry
from portal.core.errors import Conflict, Invalid
from portal.core.storage.database import db
from portal.emails.delivery.approval_hash import content_hash, is_as_approved
from portal.emails.delivery.message_bytes import letter_bytes, letter_of
from portal.emails.delivery.outbox import (
    confirm_arrival,
    confirm_loss,
    once_key,
    queue_message,
    reopen_message,
    send_again,
    withdraw_message,
)
from portal.emails.delivery.sending import take
from portal.emails.models import Message, MessageState
from portal.incidents.client_area.link_addresses import KEY_LENGTH, PATH, STAND_IN
from portal.incidents.client_area.links import DAYS
from tests.support.mail import (
    ANA,
    SLUG,
    approve,
    letter_for,
    make_mailing,
    make_message,
    waiting_message,
)

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
    assert letter["Message-ID"].endswith("@studios.example>")


def test_a_letter_keeps_the_date_and_the_id_that_it_has() -> None:
    message = make_message()
    own = {"Date": "Tue, 16 Dec 2025 10:00:00 +0000", "Message-ID": "<own@studios.example>"}
    letter = letter_for(message, **own)
    queue_message(message, letter=letter, seen_hash=content_hash(message), by=ANA)
    assert message.copy
    assert {name: str(letter_of(message.copy)[name]) for name in own} == own
    assert message.message_id == own["Message-ID"]


def test_a_letter_that_holds_a_links_key_is_refused() -> None:
    message = make_message(body=f"http://localhost{PATH}{'k' * KEY_LENGTH}")
    with pytest.raises(Invalid, match="holds the key of a private link"):
        approve(message)


def test_the_database_refuses_a_second_message_of_one_update() -> None:
    """As the second of two approvals at once meets it, where both were allowed."""
    other, message = waiting_message("Omar"), make_message()
    other.once_key = once_key(message)
    other.mailing.incident = "another"
    db.session.commit()
    with pytest.raises(Conflict, match="was already sent a message about this"):
        approve(message)
    assert message.state is MessageState.DRAFT


def test_an_approval_means_the_same_in_every_release() -> None:
    message = make_message(body="Über alles")
    to, subject = '"to":["Cleo","cleo@client.example"]', f'"subject":"{message.subject}"'
    plain = f'{{"attachments":[],"body":"Über alles",{subject},{to}}}'
    assert content_hash(message) == sha256(plain.encode()).hexdigest()
    message.body, message.confirmed = STAND_IN, [{"key": "b"}, {"key": "a"}]
    more = f'"confirmed":["a","b"],"private link":["{SLUG}",{DAYS}]'
    whole = f'{{"attachments":[],"body":"{STAND_IN}",{more},{subject},{to}}}'
    assert content_hash(message) == sha256(whole.encode()).hexdigest()


Decision = Callable[..., None]
DECISIONS = [
    (withdraw_message, MessageState.DRAFT, "message.withdrawn", MessageState.WITHDRAWN),
    (withdraw_message, MessageState.WAITING, "message.withdrawn", MessageState.WITHDRAWN),
    (withdraw_message, MessageState.FAILED, "message.withdrawn", MessageState.WITHDRAWN),
    (reopen_message, MessageState.WAITING, "message.reopened", MessageState.DRAFT),
    (send_again, MessageState.FAILED, "message.sent-again", MessageState.WAITING),
    (send_again, MessageState.UNKNOWN, "message.sent-again", MessageState.WAITING),
    (confirm_arrival, MessageState.UNKNOWN, "message.confirmed", MessageState.SENT),
    (confirm_loss, MessageState.UNKNOWN, "message.lost", MessageState.WITHDRAWN),
]


@pytest.mark.parametrize(("decide", "state", "action", "then"), DECISIONS)
def test_each_decision_is_recorded_without_name_address_or_text(
    decide: Decision, state: MessageState, action: str, then: MessageState
) -> None:
    message = make_message()
    message.state = state
    db.session.commit()
    decide(message, by=ANA)
    assert message.state is then
    query = select(AuditEntry.canonical).where(AuditEntry.action == action)
    entry = json.loads(db.session.scalars(query).one())
    assert (entry["subject"], entry["actor"]["id"]) == (f"messages/{message.id}", ANA.id)
    assert entry["details"] == {"incident": SLUG, "contact": message.contact_id}


def test_the_approval_is_on_record_without_the_persons_name() -> None:
    waiting_message("Cleo")
    entry = db.session.scalar(select(AuditEntry).where(AuditEntry.action == "message.approved"))
    assert entry
    assert "Cleo" not in entry.canonical
    details = json.loads(entry.canonical)["details"]
    assert (details["incident"], set(details)) == (SLUG, {"incident", "contact", "hash"})


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


def test_no_contact_is_sent_one_update_twice() -> None:
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


def test_a_new_update_may_be_sent_in_the_same_words() -> None:
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
    approval = ("seen_hash", "approved_at", "approved_by_id", "approved_by", "once_key", "copy")
    assert [getattr(message, each) for each in (*approval, "next_attempt_at")] == [None] * 7


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
    with pytest.raises(Conflict, match="Omar has another address by now"):
        send_again(moved, by=ANA)
