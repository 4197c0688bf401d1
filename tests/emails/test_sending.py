"""Sending what waits: retries, refusals, doubts, and once only."""

import json
import threading
from collections.abc import Iterator
from email.message import EmailMessage
from hashlib import sha256
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from portal.audit.actor import SYSTEM
from portal.audit.models import AuditEntry
from portal.core.clock import now
from portal.core.configuration.mail_url import mail_route
from portal.core.configuration.settings import Settings
from portal.core.errors import Conflict
from portal.core.storage.database import db
from portal.emails.delivery.outbox import confirm_arrival, send_again, withdraw_message
from portal.emails.delivery.sending import (
    WAITS,
    AttemptResult,
    conclude,
    due_messages,
    send_message,
    take,
)
from portal.emails.delivery.smtp import SmtpTransport
from portal.emails.models import AttemptOutcome, Message, MessageState
from portal.emails.tasks import SEND
from portal.emails.tasks import send as send_due
from portal.incidents.sharing.shares import add_share, end_share
from portal.jobs.operations.progress import Interrupted, Progress
from portal.jobs.operations.service import perform, request_operation
from tests.support.demo import mark_as_demo
from tests.support.mail import (
    ANA,
    REPORT,
    SLUG,
    MailServer,
    approve,
    make_message,
    put_report,
    take_now,
    waiting_message,
)


@pytest.fixture
def server(app: Flask) -> Iterator[MailServer]:
    with MailServer().running() as server:
        yield server


def transport_to(server: MailServer) -> SmtpTransport:
    route = mail_route(server.url, data=Path("/nowhere"), site_name="Studio Directory")
    return SmtpTransport(route, patience=5, patience_at_the_end=5)


def send(server: MailServer, message: Message) -> AttemptResult | None:
    message_id = message.id
    db.session.rollback()
    return send_message(message_id, transport_to(server))


def make_due(message: Message) -> None:
    message.next_attempt_at = now()
    db.session.commit()


def actions() -> list[str]:
    return list(db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.seq)))


def test_what_waits_is_sent_with_the_servers_answer_kept(server: MailServer) -> None:
    message = waiting_message()
    send(server, message)
    assert (message.state, message.answer) == (MessageState.SENT, "250 Taken as 4711")
    assert message.sent_at
    assert [envelope.content for envelope in server.taken] == [message.copy]
    assert actions() == ["message.approved", "message.sent"]
    query = select(AuditEntry.canonical).order_by(AuditEntry.seq.desc()).limit(1)
    entry = json.loads(db.session.scalars(query).one())
    assert (entry["subject"], entry["outcome"]) == (f"messages/{message.id}", "done")
    assert entry["details"] == {"incident": SLUG, "contact": message.contact_id}
    assert entry["reason"] == "250 Taken as 4711"


def test_what_was_sent_is_not_sent_again(server: MailServer) -> None:
    message = waiting_message()
    send(server, message)
    assert send(server, message) is None
    assert due_messages() == []
    with pytest.raises(Conflict):
        send_again(message, by=ANA)
    assert len(server.taken) == 1


def test_a_server_that_says_later_is_asked_later(server: MailServer) -> None:
    server.rcpt.append("450 greylisted")
    message = waiting_message()
    send(server, message)
    assert (message.state, message.answer) == (MessageState.WAITING, "450 greylisted")
    assert due_messages() == []
    assert send(server, message) is None
    make_due(message)
    assert due_messages() == [message.id]
    send(server, message)
    assert message.state is MessageState.SENT
    outcomes = [attempt.outcome for attempt in message.tries]
    assert outcomes == [AttemptOutcome.POSTPONED, AttemptOutcome.SENT]
    assert len(server.taken) == 1


def test_each_wait_is_longer_and_the_last_one_ends_it(app: Flask) -> None:
    nobody = MailServer()
    message = waiting_message()
    for minutes in (1, 5, 15, 60, 120, 240, 480, 480):
        send(nobody, message)
        assert message.next_attempt_at
        waits = (message.next_attempt_at - now()).total_seconds()
        assert waits == pytest.approx(minutes * 60, abs=30)
        make_due(message)
    send(nobody, message)
    assert message.state is MessageState.FAILED
    assert (message.answer or "").startswith("Given up after attempt 9.")


def test_after_a_doubt_the_waits_start_over(app: Flask) -> None:
    message = waiting_message()
    for outcome in (AttemptOutcome.POSTPONED, AttemptOutcome.POSTPONED, AttemptOutcome.UNKNOWN):
        conclude(message.id, take_now(message).number, AttemptResult(outcome, "so far"))
        make_due(message)
    send_again(message, by=ANA)
    db.session.commit()
    send(MailServer(), message)
    assert message.next_attempt_at
    waits = (message.next_attempt_at - now()).total_seconds()
    assert waits == pytest.approx(WAITS[0].total_seconds(), abs=30)


def test_a_server_that_is_back_is_handed_the_message(app: Flask) -> None:
    server = MailServer()
    message = waiting_message()
    send(server, message)
    assert message.answer == "The server can't be reached (connection refused)."
    make_due(message)
    with server.running():
        send(server, message)
    assert message.state is MessageState.SENT
    assert len(server.taken) == 1


def test_a_refusal_is_the_last_word_until_somebody_says_otherwise(server: MailServer) -> None:
    server.rcpt.append("550 no such person")
    message = waiting_message()
    send(server, message)
    assert (message.state, message.answer) == (MessageState.FAILED, "550 no such person")
    assert due_messages() == []
    send_again(message, by=ANA)
    db.session.commit()
    send(server, message)
    assert message.state is MessageState.SENT
    assert actions()[1:] == ["message.failed", "message.sent-again", "message.sent"]


def in_doubt(server: MailServer) -> Message:
    """The server took it, and the connection broke before it could say so."""
    message = waiting_message()
    server.data.append("abort")
    send(server, message)
    assert message.is_in_doubt
    return message


def test_a_doubt_is_never_resolved_by_sending_again_by_itself(server: MailServer) -> None:
    message = in_doubt(server)
    assert (message.next_attempt_at, due_messages()) == (None, [])
    assert send(server, message) is None
    assert actions()[-1] == "message.unknown"


class Broken:
    """A way out that fails as nobody foresaw."""

    def deliver(self, _letter: EmailMessage) -> str:
        raise RuntimeError("the secret is 1234")


def test_an_unexpected_error_leaves_a_doubt(app: Flask) -> None:
    message = waiting_message()
    message_id = message.id
    db.session.rollback()
    send_message(message_id, Broken())
    assert message.is_in_doubt
    assert message.answer == "An unexpected error (RuntimeError)."


def test_a_person_may_say_that_it_arrived(server: MailServer) -> None:
    message = in_doubt(server)
    confirm_arrival(message, by=ANA)
    assert message.state is MessageState.SENT
    assert actions()[-1] == "message.confirmed"
    with pytest.raises(Conflict, match="not in doubt"):
        confirm_arrival(message, by=ANA)


def test_a_person_may_have_it_sent_again(server: MailServer) -> None:
    message = in_doubt(server)
    send_again(message, by=ANA)
    db.session.commit()
    send(server, message)
    assert message.state is MessageState.SENT


def test_a_message_that_was_once_in_doubt_is_not_withdrawn(server: MailServer) -> None:
    message = in_doubt(server)
    send_again(message, by=ANA)
    with pytest.raises(Conflict, match="has left, or may have"):
        withdraw_message(message, by=ANA)


CHANGED = "It was changed after it was approved, so it was not sent."


@pytest.mark.parametrize(
    ("column", "value", "why"),
    [
        ("body", "Other words", CHANGED),
        ("to_address", "omar@other.example", CHANGED),
        ("seen_hash", None, CHANGED),
        ("copy", None, "There is no letter to send."),
    ],
)
def test_what_was_not_approved_does_not_leave(
    server: MailServer, column: str, value: object, why: str
) -> None:
    message = waiting_message()
    setattr(message, column, value)
    db.session.commit()
    send(server, message)
    assert (message.state, message.answer) == (MessageState.FAILED, why)
    assert server.taken == []


def test_a_letter_swapped_after_the_approval_does_not_leave(server: MailServer) -> None:
    message, other = waiting_message("Cleo"), waiting_message("Omar")
    message.copy = other.copy
    db.session.commit()
    send(server, message)
    assert message.answer == "The letter is addressed to somebody else than the message."
    assert server.taken == []


def test_the_attempt_is_on_record_before_the_server_hears_of_it(app: Flask) -> None:
    message = waiting_message()
    taken = take_now(message)
    db.session.rollback()
    (attempt,) = message.tries
    assert (message.state, attempt.number) == (MessageState.SENDING, taken.number)
    assert attempt.process
    assert attempt.ended_at is None
    assert repr(taken) == f"ClaimedMessage(message_id={message.id}, number=1)", "for logs"
    db.session.rollback()
    assert take(taken.message_id) is None
    assert not db.session().in_transaction(), "no lock is kept"


def test_a_message_is_due_at_its_time_exactly(server: MailServer) -> None:
    message = waiting_message()
    with time_machine.travel(now(), tick=False):
        make_due(message)
        assert due_messages() == [message.id]
        send(server, message)
    assert message.state is MessageState.SENT


def test_two_workers_at_once_deliver_once(app: Flask, server: MailServer) -> None:
    message_ids = [waiting_message(name).id for name in ("Cleo", "Dora", "Emil")]
    db.session.rollback()
    together = threading.Barrier(4)

    def work() -> None:
        with app.app_context():
            together.wait()
            for message_id in message_ids:
                send_message(message_id, transport_to(server))

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(to for envelope in server.taken for to in envelope.rcpt_tos) == [
        "cleo@client.example",
        "dora@client.example",
        "emil@client.example",
    ]


def test_an_attempt_taken_for_lost_that_ends_after_all_knows_better(app: Flask) -> None:
    message = waiting_message()
    taken = take_now(message)
    conclude(message.id, taken.number, AttemptResult(AttemptOutcome.UNKNOWN, "lost"))
    conclude(message.id, taken.number, AttemptResult(AttemptOutcome.SENT, "250 OK"))
    assert message.state is MessageState.SENT


def test_a_message_sent_after_all_is_not_sent_again_as_somebody_asked(app: Flask) -> None:
    message = waiting_message()
    taken = take_now(message)
    conclude(message.id, taken.number, AttemptResult(AttemptOutcome.UNKNOWN, "lost"))
    send_again(message, by=ANA)
    db.session.commit()
    conclude(message.id, taken.number, AttemptResult(AttemptOutcome.SENT, "250 OK"))
    assert (message.state, due_messages()) == (MessageState.SENT, [])


def test_a_late_answer_does_not_undo_what_a_person_decided(app: Flask) -> None:
    message = waiting_message()
    taken = take_now(message)
    conclude(message.id, taken.number, AttemptResult(AttemptOutcome.UNKNOWN, "lost"))
    confirm_arrival(message, by=ANA)
    db.session.commit()
    conclude(message.id, taken.number, AttemptResult(AttemptOutcome.POSTPONED, "450 later"))
    assert message.state is MessageState.SENT


def test_an_older_attempt_that_ends_at_last_leaves_the_newer_one_alone(app: Flask) -> None:
    message = waiting_message()
    first = take_now(message)
    conclude(message.id, first.number, AttemptResult(AttemptOutcome.UNKNOWN, "lost"))
    send_again(message, by=ANA)
    db.session.commit()
    take_now(message)
    conclude(message.id, first.number, AttemptResult(AttemptOutcome.POSTPONED, "450 later"))
    assert message.state is MessageState.SENDING
    outcomes = [attempt.outcome for attempt in message.tries]
    assert outcomes == [AttemptOutcome.POSTPONED, None]


def test_a_worker_that_may_count_as_dead_sends_nothing(app: Flask, settings: Settings) -> None:
    message = waiting_message()
    operation = request_operation(SEND, by=SYSTEM)
    db.session.commit()
    with pytest.raises(Interrupted):
        send_due(Progress(operation, worker=1), operation)
    assert message.state is MessageState.WAITING
    assert not list(settings.data.glob("mail/*"))


def test_the_operation_says_how_many_left(app: Flask, settings: Settings) -> None:
    mark_as_demo()
    unapproved = waiting_message("Cleo")
    unapproved.body = "Other words"
    for name in ("Dora", "Emil"):
        waiting_message(name)
    operation = perform(request_operation(SEND, by=SYSTEM))
    assert operation.result == {"sentence": "2 sent."}
    assert len(list(settings.data.glob("mail/*.eml"))) == 2


def test_outside_of_a_demo_nothing_is_sent_into_a_folder(app: Flask, settings: Settings) -> None:
    message = waiting_message()
    operation = perform(request_operation(SEND, by=SYSTEM))
    assert operation.result == {"sentence": "0 sent, 1 not."}
    assert message.state is MessageState.WAITING
    assert "Set MAIL_URL to smtp://" in (message.answer or "")
    assert not (settings.data / "mail").exists()


SILENT = "# The outage\n\nIt is over.\n"
SECOND = REPORT.replace("It is over", "It is not over")
TAKEN_BACK = {
    "internal": (REPORT.replace("clients", "internal"), "Only staff can read"),
    "doubtful": (REPORT.replace("---\n#", "visibility: x\n---\n#"), "Only staff can read"),
    "unreadable": (REPORT.replace("audience:", "audience: [", 1), "Only staff can read"),
    "named": (REPORT.replace("---\n#", "clients: [other]\n---\n#"), "not for Cleo"),
}


@pytest.mark.parametrize("name", TAKEN_BACK)
def test_what_is_no_longer_the_contacts_to_read_does_not_leave(
    name: str, server: MailServer
) -> None:
    text, reason = TAKEN_BACK[name]
    message = waiting_message()
    put_report(text)
    assert send(server, message) is None
    assert message.state is MessageState.FAILED
    assert reason in (message.answer or "")
    assert actions()[-1] == "message.failed"
    with pytest.raises(Conflict):
        send_again(message, by=ANA)
    assert server.taken == []


def test_a_share_taken_back_while_the_server_says_later_keeps_the_rest_here(
    server: MailServer,
) -> None:
    message = make_message()
    put_report(SILENT)
    add_share(SLUG, sha256=sha256(SILENT.encode()).hexdigest(), source=SILENT, people=1, by=ANA)
    db.session.commit()
    approve(message)
    server.rcpt.append("450 greylisted")
    send(server, message)
    end_share(SLUG, by=ANA)
    make_due(message)
    assert send(server, message) is None
    assert (message.state, server.taken) == (MessageState.FAILED, [])


@pytest.mark.parametrize(("later", "leaves"), [(REPORT, True), (SECOND, False)])
def test_an_enclosed_report_leaves_as_clients_read_it(
    later: str, leaves: bool, server: MailServer
) -> None:
    message = make_message()
    facts = {"report": SLUG, "reader": "clients:org-cleo", "zone": "UTC", "wish": "report"}
    read = sha256(REPORT.encode()).hexdigest()
    message.attachments = [{**facts, "name": "x.pdf", "type": "x/y", "report_sha256": read}]
    approve(message)
    put_report(later)
    send(server, message)
    assert (message.state is MessageState.SENT) is leaves
    assert len(server.taken) is int(leaves)
