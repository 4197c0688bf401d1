"""Finds messages whose sending process died, and sets their outcome to unknown."""

from collections.abc import Sequence

from sqlalchemy import select

from portal.core.storage.database import db
from portal.emails.delivery.sending import AttemptResult, conclude
from portal.emails.models import Attempt, AttemptOutcome, Message, MessageState
from portal.jobs.leases.holder import live_leases
from portal.jobs.operations.lifecycle import is_gone

LOST = "Sending was cut off in the middle; the server may have taken the message."


def lost_attempts() -> list[tuple[int, int]]:
    """Message id and number of each attempt whose process ended before it recorded an outcome."""
    query = (
        select(Attempt)
        .join(Message)
        .where(
            Message.state == MessageState.SENDING,
            Attempt.number == Message.attempts,
            Attempt.ended_at.is_(None),
        )
    )
    live = {lease.uuid for lease in live_leases()}
    return [
        (attempt.message_id, attempt.number)
        for attempt in db.session.scalars(query)
        if is_gone(attempt, live=live)
    ]


def settle_lost(lost: Sequence[tuple[int, int]]) -> None:
    """Set their outcome to unknown, which only a person can resolve; commits each."""
    for message_id, number in lost:
        query = select(Message).where(Message.id == message_id).with_for_update()
        message = db.session.scalars(query.execution_options(populate_existing=True)).one()
        if message.state is MessageState.SENDING and message.attempts == number:
            conclude(message_id, number, AttemptResult(AttemptOutcome.UNKNOWN, LOST))
        db.session.rollback()
