"""The outbox on a real PostgreSQL, where transactions do run at the same time."""

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from flask import Flask
from sqlalchemy import select

from portal.accounts.models import Account, Contact, Organisation
from portal.core.clock import now
from portal.core.configuration.mail_url import mail_route
from portal.core.errors import Conflict
from portal.core.storage.database import db
from portal.documents.audiences.audience import Audience
from portal.emails.delivery.approval_hash import content_hash
from portal.emails.delivery.outbox import queue_message, withdraw_message
from portal.emails.delivery.sending import AttemptResult, conclude, send_message, take
from portal.emails.delivery.smtp import SmtpTransport
from portal.emails.delivery.unknown_outcomes import LOST, settle_lost
from portal.emails.live_updates.queueing import queue_updates, withdraw_held
from portal.emails.models import AttemptOutcome, Message, MessageState
from portal.incidents.live.holding import hold_update
from portal.incidents.live.models import IncidentUpdate
from portal.incidents.live.opening import Opening, open_incident
from portal.incidents.live.updates import Said
from portal.incidents.parsing.vocabulary import Severity
from tests.emails.test_queueing import twin_of
from tests.support.cast import make_account
from tests.support.mail import (
    ANA,
    MailServer,
    letter_for,
    make_message,
    take_now,
    waiting_message,
)
from tests.support.ops_on_postgres import (
    at_once,
    pg_app,
    somebody_waits_for_a_lock,
)
from tests.support.waiting import wait_until

__all__ = ["pg_app"]


def approving(message_id: int) -> Callable[[], None]:
    def approve() -> None:
        message = db.session.get_one(Message, message_id)
        seen, letter = content_hash(message), letter_for(message)
        queue_message(message, letter=letter, seen_hash=seen, by=ANA)
        db.session.commit()

    return approve


def test_one_of_many_hands_takes_a_message(pg_app: Flask) -> None:
    message_id = waiting_message("Ada").id
    db.session.rollback()
    taken = at_once(pg_app, *[lambda: take(message_id)] * 5)
    assert [each is None for each in taken].count(False) == 1
    message = db.session.get_one(Message, message_id)
    assert (message.attempts, [each.number for each in message.tries]) == (1, [1])


def test_of_two_messages_about_one_update_one_is_approved(pg_app: Flask) -> None:
    message = make_message("Ben")
    ids = [message.id, twin_of(message, update_key="first").id]
    db.session.rollback()
    results = at_once(pg_app, *[approving(each) for each in ids])
    assert sorted(type(each) for each in results if each) == [Conflict]
    states = db.session.scalars(
        select(Message.state).where(Message.id.in_(ids)).order_by(Message.state)
    )
    assert list(states) == [MessageState.DRAFT, MessageState.WAITING]


def test_a_message_is_withdrawn_or_leaves_and_never_both(pg_app: Flask) -> None:
    message_id = waiting_message("Cleo").id
    db.session.rollback()

    def withdraw() -> bool:
        withdraw_message(db.session.get_one(Message, message_id), by=ANA)
        db.session.commit()
        return True

    with MailServer().running() as server:
        route = mail_route(server.url, data=Path("/nowhere"), site_name="Studio Directory")
        transport = SmtpTransport(route, patience=30, patience_at_the_end=30)
        withdrawn, _ = at_once(pg_app, withdraw, lambda: send_message(message_id, transport))
    message = db.session.get_one(Message, message_id)
    expected = MessageState.WITHDRAWN if withdrawn is True else MessageState.SENT
    assert (message.state, len(server.taken)) == (expected, int(withdrawn is not True))


def test_whoever_ends_an_attempt_and_whoever_takes_it_for_lost_do_not_stop_each_other(
    pg_app: Flask,
) -> None:
    """Both write the attempt and the message: in one order, or each waits for the other."""
    message = waiting_message("Dora")
    taken = take_now(message)
    message_id, number = message.id, taken.number
    db.session.rollback()
    locked = threading.Event()

    def settle_while_it_ends() -> None:
        db.session.get_one(Message, message_id, with_for_update=True)
        locked.set()
        wait_until(somebody_waits_for_a_lock)
        conclude(message_id, number, AttemptResult(AttemptOutcome.UNKNOWN, LOST))

    def end() -> None:
        locked.wait(timeout=30)
        conclude(message_id, number, AttemptResult(AttemptOutcome.SENT, "250 OK"))

    assert at_once(pg_app, settle_while_it_ends, end) == [None, None]
    assert message.state is MessageState.SENT
    assert message.tries[0].outcome is AttemptOutcome.SENT


def test_what_ends_meanwhile_is_not_put_in_doubt(pg_app: Flask) -> None:
    """Whoever settles what was lost waits for the message, and looks at it again."""
    message = waiting_message("Emil")
    taken = take_now(message)
    message_id, number = message.id, taken.number
    db.session.rollback()
    locked = threading.Event()

    def end_at_last() -> None:
        db.session.get_one(Message, message_id, with_for_update=True)
        locked.set()
        wait_until(somebody_waits_for_a_lock)
        conclude(message_id, number, AttemptResult(AttemptOutcome.POSTPONED, "450 later"))

    def settle() -> None:
        locked.wait(timeout=30)
        settle_lost([(message_id, number)])

    assert at_once(pg_app, end_at_last, settle) == [None, None]
    assert (message.state, message.answer) == (MessageState.WAITING, "450 later")
    assert message.tries[0].outcome is AttemptOutcome.POSTPONED


def update_about_to_leave() -> tuple[Account, int, int]:
    """Whose hand holds it, the update and its only message; it leaves in a moment."""
    organisation = Organisation(slug="late", name="Late")
    person = Contact(
        organisation=organisation, name="Lou", salutation="Lou", email="l@late.example"
    )
    db.session.add(person)
    omar = make_account("omar")
    said = Said("It is slow.", "investigating", Audience.CLIENTS, "late", ("late",))
    update = open_incident(Opening("It is slow", Severity.MINOR), said, by=omar)
    update.leaves_at = now() + timedelta(milliseconds=300)
    (message,) = queue_updates([update], by=omar)
    db.session.commit()
    ids = update.id, message.id
    db.session.expunge(omar)
    db.session.rollback()
    return omar, *ids


def test_an_update_is_held_or_leaves_and_never_both(pg_app: Flask) -> None:
    omar, update_id, message_id = update_about_to_leave()

    def hold() -> bool:
        update = db.session.get_one(IncidentUpdate, update_id)
        hold_update(update, by=omar)
        withdraw_held(update.incident, by=omar)
        db.session.commit()
        return True

    def send_when_due() -> None:
        with suppress(AssertionError):
            wait_until(lambda: send_message(message_id, transport), within=1)

    with MailServer().running() as server:
        route = mail_route(server.url, data=Path("/nowhere"), site_name="Studio Directory")
        transport = SmtpTransport(route, patience=30, patience_at_the_end=30)
        held, _ = at_once(pg_app, hold, send_when_due)
    state = db.session.get_one(Message, message_id).state
    expected = MessageState.WITHDRAWN if held is True else MessageState.SENT
    assert (state, len(server.taken)) == (expected, int(held is not True))
