"""The part of `flask databases check` beyond databases: messages to clients, and all other alerts
of the home page."""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from flask import current_app

from portal.control.home import alerts, directory_statuses
from portal.core.clock import now
from portal.core.configuration.settings import settings
from portal.databases.status.check import Checked
from portal.databases.status.checks.finding import Finding, RoomCheck, fault, note
from portal.emails.delivery.unknown_outcomes import lost_attempts
from portal.emails.models import Message, MessageState
from portal.emails.queries import every_message

OVERDUE = timedelta(minutes=15)
WHERE = "Decide it at /ops/emails/{}"


def mails() -> Iterator[Finding]:
    """Messages with a failed or unknown delivery that still need a decision."""
    for message in every_message(MessageState.FAILED):
        yield fault(
            f"Message {message.id} to {message.to_name} was not delivered:"
            f" {message.answer or 'no reason is on record.'} {WHERE.format(message.id)}"
        )
    for message in every_message(MessageState.UNKNOWN):
        yield fault(
            f"It is unknown whether message {message.id} reached {message.to_name}."
            f" {WHERE.format(message.id)}"
        )
    for number, _attempt in lost_attempts():
        yield fault(
            f"Sending message {number} was cut off in the middle. The worker puts it in doubt:"
            " flask jobs work"
        )
    for message in every_message(MessageState.WAITING):
        if _is_overdue(message):
            yield fault(
                f"Message {message.id} to {message.to_name} waits to be sent:"
                f" {message.answer or 'no attempt was made yet.'} See /ops/emails/{message.id},"
                " MAIL_URL, and whether the worker runs."
            )


def _is_overdue(message: Message) -> bool:
    """An update of a live incident may be written long before it leaves."""
    if message.mailing.live_update_id and message.next_attempt_at and not message.attempts:
        return now() - message.next_attempt_at > OVERDUE
    return message.approved_at is None or abs(now() - message.approved_at) > OVERDUE


def home(heard: str) -> Iterator[Finding]:
    """The home page's alerts, except those already in `heard`."""
    with current_app.test_request_context("/ops", base_url=settings().base_url or None):
        found = [(each.sentence, each.step, each.address) for each in alerts(directory_statuses())]
    for sentence, step, address in found:
        if sentence not in heard:
            yield note(f"{sentence} {step}: {address}")


def of_control(checked: Iterable[Checked]) -> tuple[RoomCheck, ...]:
    """`checked`: the results reported before."""
    heard = "\n".join(said.sentence for each in checked for said in each.said)
    return (
        RoomCheck("Messages to clients", mails),
        RoomCheck("What home lists", lambda: home(heard)),
    )
