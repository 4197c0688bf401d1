"""The mail server is a process of its own, killed while it is handed a letter, and back again."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from portal.core.clock import now
from portal.core.configuration.mail_url import mail_route
from portal.core.storage.database import db
from portal.emails.delivery.sending import due_messages, send_message
from portal.emails.delivery.smtp import SmtpTransport
from portal.emails.models import AttemptOutcome, Message, MessageState
from tests.support.mail import waiting_message
from tests.support.mail_process import AFTER_THE_LETTER, IN_THE_LETTER, MailProcess

LONG = "What happened, in many words, so that the server has to read for a while.\n" * 30_000


@pytest.fixture
def server(app: Flask, tmp_path: Path) -> Iterator[MailProcess]:
    server = MailProcess(tmp_path / "server")
    server.start()
    yield server
    server.kill()


def send(server: MailProcess, message: Message) -> None:
    message_id = message.id
    db.session.rollback()
    route = mail_route(server.url, data=Path("/nowhere"), site_name="Studio Directory")
    send_message(message_id, SmtpTransport(route, patience=30, patience_at_the_end=30))


def outcomes(message: Message) -> list[AttemptOutcome | None]:
    return [attempt.outcome for attempt in message.tries]


def test_killed_within_the_letter_it_is_handed_over_again_and_taken_once(
    server: MailProcess,
) -> None:
    message = waiting_message("Cleo", body=LONG)
    with server.killed(IN_THE_LETTER):
        send(server, message)
    assert (message.state, server.recipients) == (MessageState.WAITING, [])
    assert message.answer == "The connection to the server was lost."
    message.next_attempt_at = now()
    db.session.commit()
    server.start()
    send(server, message)
    assert outcomes(message) == [AttemptOutcome.POSTPONED, AttemptOutcome.SENT]
    assert server.recipients == ["cleo@client.example"]


def test_killed_after_the_letter_it_is_in_doubt_and_stays_so_when_the_server_is_back(
    server: MailProcess,
) -> None:
    message, later = waiting_message("Cleo"), waiting_message("Dora")
    with server.killed(AFTER_THE_LETTER):
        send(server, message)
    assert message.is_in_doubt
    assert due_messages() == [later.id]
    server.start()
    for each in (message, later):
        send(server, each)
    assert outcomes(message) == [AttemptOutcome.UNKNOWN]
    assert server.recipients == ["cleo@client.example", "dora@client.example"]
