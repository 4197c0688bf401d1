"""Workers that are killed between sending and recording: real processes, a real server."""

import os
import signal
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select, update

from portal.core.configuration.settings import Settings
from portal.core.storage.database import db
from portal.emails.delivery.sending import AttemptResult, conclude
from portal.emails.delivery.unknown_outcomes import LOST, lost_attempts, settle_lost
from portal.emails.models import AttemptOutcome, Message, MessageState
from portal.emails.tasks import SEND, look_after_messages
from portal.jobs.leases.holder import end_lease, take_lease
from portal.jobs.models import Operation, OperationState
from tests.jobs.conftest import WorkerProcess, eventually
from tests.support.mail import MailServer, make_message, take_now, waiting_message


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer().running() as server:
        yield server


@pytest.fixture
def worker(
    app: Flask, settings: Settings, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[WorkerProcess]:
    monkeypatch.setenv("MAIL_URL", server.url)
    worker = WorkerProcess(settings)
    yield worker
    if worker.process and worker.process.poll() is None:
        worker.kill()


def process_of(message: Message) -> int:
    """The process that is handing it over."""
    eventually(lambda: message.tries, within=45)
    return int((message.tries[0].process or "").split(":")[1])


@pytest.mark.parametrize("killed", ["worker", "child"])
def test_killed_between_sending_and_recording_the_one_in_hand_is_in_doubt_and_stays_so(
    worker: WorkerProcess, server: MailServer, killed: str
) -> None:
    message, other = waiting_message("Cleo"), waiting_message("Dora")
    server.hold.clear()
    worker.start()
    eventually(lambda: server.taken, within=45)
    if killed == "worker":
        worker.kill()
        worker.start()
    else:
        os.kill(process_of(message), signal.SIGKILL)
    server.hold.set()
    eventually(lambda: other.state is MessageState.SENT, within=45)
    eventually(lambda: message.state is not MessageState.SENDING, within=20)
    assert (message.is_in_doubt, message.answer) == (True, LOST)
    db.session.rollback()
    recipients = [to for envelope in server.taken for to in envelope.rcpt_tos]
    assert recipients == ["cleo@client.example", "dora@client.example"]


def test_an_attempt_whose_process_lives_is_left_alone(app: Flask) -> None:
    message = waiting_message()
    take_now(message)
    assert lost_attempts() == []


def test_an_attempt_of_another_machine_is_lost_with_its_lease(app: Flask) -> None:
    message = waiting_message()
    db.session.rollback()
    take_lease("worker")
    take_now(message)
    message.tries[0].host = "elsewhere"
    db.session.commit()
    assert lost_attempts() == []
    db.session.rollback()
    end_lease()
    assert lost_attempts() == [(message.id, 1)]


def test_what_was_recorded_meanwhile_is_not_put_in_doubt(app: Flask) -> None:
    message = waiting_message()
    taken = take_now(message)
    conclude(message.id, taken.number, AttemptResult(AttemptOutcome.SENT, "250 OK"))
    settle_lost([(message.id, taken.number)])
    assert message.state is MessageState.SENT
    assert message.tries[0].outcome is AttemptOutcome.SENT


def test_a_lost_attempt_is_in_doubt_and_a_newer_one_is_left_alone(app: Flask) -> None:
    message = waiting_message()
    taken = take_now(message)
    settle_lost([(message.id, taken.number + 1)])
    assert message.state is MessageState.SENDING
    settle_lost([(message.id, taken.number)])
    assert not db.session().in_transaction(), "no lock is kept"
    assert (message.state, message.answer) == (MessageState.UNKNOWN, LOST)


def test_the_row_is_read_again_before_it_is_put_in_doubt(app: Flask) -> None:
    message = waiting_message()
    taken = take_now(message)
    assert message.state is MessageState.SENDING
    recorded = update(Message).values(state=MessageState.SENT)
    db.session.execute(recorded.execution_options(synchronize_session=False))
    settle_lost([(message.id, taken.number)])
    assert message.tries[0].outcome is None


def test_one_operation_at_a_time_is_asked_for(app: Flask) -> None:
    """So that what is killed has one message in hand."""
    waiting_message("Cleo")
    waiting_message("Dora")
    look_after_messages()
    look_after_messages()
    operation = db.session.scalars(select(Operation)).one()
    assert operation.kind == SEND
    operation.state = OperationState.RUNNING
    db.session.commit()
    look_after_messages()
    assert db.session.scalars(select(Operation)).one() is operation


def test_nothing_is_asked_for_while_nothing_is_due(app: Flask) -> None:
    make_message()
    look_after_messages()
    assert db.session.scalars(select(Operation)).all() == []
