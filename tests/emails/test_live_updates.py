"""Messages of a live incident's updates: held, sent once, or in doubt; by a real mail server."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from portal.accounts.models import Account
from portal.core.clock import now
from portal.core.configuration.mail_url import mail_route
from portal.core.errors import Conflict
from portal.core.storage.database import db
from portal.documents.audiences.audience import PUBLIC, Audience, Reader
from portal.emails.delivery.outbox import reopen_message, withdraw_message
from portal.emails.delivery.sending import due_messages, send_message, take
from portal.emails.delivery.smtp import SmtpTransport
from portal.emails.delivery.unknown_outcomes import lost_attempts, settle_lost
from portal.emails.drafting.corrections import correct_message
from portal.emails.live_updates.queueing import queue_updates, withdraw_held
from portal.emails.models import Attempt, Message, MessageState
from portal.incidents.live.holding import hold_update
from portal.incidents.live.models import IncidentUpdate
from portal.incidents.live.opening import Opening, open_incident
from portal.incidents.live.queries import going_on_for
from portal.incidents.live.updates import Said
from portal.incidents.parsing.vocabulary import Severity
from tests.incidents.live.scene import ADDRESSES, add_clients
from tests.support.cast import make_account
from tests.support.mail import MailServer

HARBOUR = Reader(Audience.CLIENTS, "harbour")


@pytest.fixture
def omar(app: Flask) -> Account:
    add_clients()
    return make_account("omar")


@pytest.fixture
def server(app: Flask) -> Iterator[MailServer]:
    with MailServer().running() as server:
        yield server


def transport_to(server: MailServer) -> SmtpTransport:
    route = mail_route(server.url, data=Path("/nowhere"), site_name="Studio Directory")
    return SmtpTransport(route, patience=5, patience_at_the_end=5)


def write(omar: Account, audience: Audience = Audience.CLIENTS, key: str = "a") -> IncidentUpdate:
    """An incident's first update with its messages, as one act writes them. Commits."""
    said = Said("Search is slow.", "investigating", audience, once_key=key)
    update = open_incident(Opening("Search is slow", Severity.MAJOR), said, by=omar)
    queue_updates([update], by=omar)
    db.session.commit()
    return update


def hold(update_id: int, omar_id: int) -> None:
    """As the page does it. Commits."""
    update, omar = (
        db.session.get_one(IncidentUpdate, update_id),
        db.session.get_one(Account, omar_id),
    )
    hold_update(update, by=omar)
    withdraw_held(update.incident, by=omar)
    db.session.commit()


def send_all(server: MailServer) -> None:
    while found := due():
        send_message(found[0], transport_to(server))


def due() -> list[int]:
    """Without the lock of a transaction that goes on."""
    db.session.rollback()
    found = due_messages()
    db.session.rollback()
    return found


def ids() -> list[int]:
    db.session.rollback()
    found = list(db.session.scalars(select(Message.id)))
    db.session.rollback()
    return found


def states() -> list[MessageState]:
    db.session.rollback()
    return list(db.session.scalars(select(Message.state)))


def seconds_before(update: IncidentUpdate, seconds: float) -> datetime:
    return update.leaves_at - timedelta(seconds=seconds)


def test_held_a_second_before_the_end_nothing_is_sent_or_shown(
    omar: Account, server: MailServer
) -> None:
    update = write(omar)
    with time_machine.travel(seconds_before(update, 1)):
        send_all(server)
        hold(update.id, omar.id)
        send_all(server)
    with time_machine.travel(seconds_before(update, -3600)):
        send_all(server)
        assert [take(each) for each in ids()] == [None] * 4
        assert going_on_for(HARBOUR) == going_on_for(PUBLIC) == []
    assert server.taken == []
    assert set(states()) == {MessageState.WITHDRAWN}


def test_once_it_has_left_it_is_not_held(omar: Account, server: MailServer) -> None:
    update = write(omar)
    with time_machine.travel(seconds_before(update, 0)):
        with pytest.raises(Conflict, match="has left"):
            hold(update.id, omar.id)
        db.session.rollback()
        send_all(server)
        assert [view.incident.title for view in going_on_for(HARBOUR)] == ["Search is slow"]
    assert sorted(each.rcpt_tos[0] for each in server.taken) == ADDRESSES
    assert set(states()) == {MessageState.SENT}


def test_a_clock_of_another_machine_that_is_behind_holds_nothing_that_left(
    omar: Account, server: MailServer
) -> None:
    update = write(omar)
    with time_machine.travel(seconds_before(update, -1)):
        send_all(server)
    with time_machine.travel(seconds_before(update, 5)):
        with pytest.raises(Conflict, match="can't be taken back"):
            hold(update.id, omar.id)
        db.session.rollback()
    assert update.held_at is None


def test_whatever_a_row_says_nothing_leaves_before_its_update_or_after_hold(omar: Account) -> None:
    update = write(omar)
    for message in db.session.scalars(select(Message)):
        message.next_attempt_at = now() - timedelta(hours=1)
    db.session.commit()
    assert due() == []
    assert [take(each) for each in ids()] == [None] * 4
    update.held_at = now()
    db.session.commit()
    with time_machine.travel(seconds_before(update, -60)):
        assert due() == []
        assert [take(each) for each in ids()] == [None] * 4


def test_an_update_that_is_for_others_by_now_is_not_sent(omar: Account, server: MailServer) -> None:
    update = write(omar)
    update.clients = ["mill"]
    db.session.commit()
    with time_machine.travel(seconds_before(update, -1)):
        send_all(server)
    assert [each.rcpt_tos for each in server.taken] == [["kim@mill.example"]]
    assert states().count(MessageState.FAILED) == 3


def test_its_messages_are_neither_edited_nor_corrected_alone(
    omar: Account, server: MailServer
) -> None:
    update = write(omar)
    first, second, *_ = db.session.scalars(select(Message).order_by(Message.id)).all()
    with pytest.raises(Conflict, match="not edited on its own"):
        reopen_message(first, by=omar)
    withdraw_message(second, by=omar)
    db.session.commit()
    with time_machine.travel(seconds_before(update, -1)):
        send_all(server)
    assert len(server.taken) == 3
    with pytest.raises(Conflict, match="carries an update"):
        correct_message(first, wrong="slow", right="fast", by=omar)


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("after", ["the claim", "the letter"])
def test_killed_while_sending_one_message_at_most_is_in_doubt(
    omar: Account, server: MailServer, after: str
) -> None:
    update = write(omar)
    transport = transport_to(server)

    class Dying:
        def deliver(self, letter: object) -> str:
            if after == "the letter":
                transport.deliver(letter)  # type: ignore[arg-type]
            raise Killed

    with time_machine.travel(seconds_before(update, -1)):
        with pytest.raises(Killed):
            send_message(due()[0], Dying())
        send_all(server)
    found = states()
    assert found.count(MessageState.SENDING) == 1
    assert found.count(MessageState.SENT) == 3
    assert len(server.taken) == (4 if after == "the letter" else 3)
    lost = db.session.scalars(select(Attempt).where(Attempt.ended_at.is_(None))).one()
    lost.process, lost.lease = None, "of a process that was killed"
    db.session.commit()
    found = lost_attempts()
    db.session.rollback()
    settle_lost(found)
    assert states().count(MessageState.UNKNOWN) == 1
    assert due_messages() == []
