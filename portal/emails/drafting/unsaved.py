"""Unsaved edits of a message, stored for their author alone.

A page sends an id of its own (`page`), the key of the edits it continues (`key`), and their SHA-256
(`known`). Edits of the same person that it never showed are neither overwritten nor deleted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select

from portal.accounts.models import Account
from portal.core.clock import now
from portal.core.errors import Invalid, NotFound
from portal.core.storage.database import db
from portal.emails.delivery.link_keys import covered
from portal.emails.models import Message, UnsavedWords

KEPT = timedelta(days=30)
LONGEST_SUBJECT, LONGEST_BODY = 1_000, 100_000


@dataclass(frozen=True)
class EditedMessage:
    """The data a page sends: the text, the version it is based on, and the page."""

    subject: str
    body: str
    seen: str
    page: str
    key: str = ""
    known: str = ""

    @property
    def place(self) -> str:
        return self.key or self.page


def keep_unsaved(message: Message, typed: EditedMessage, *, by: Account) -> UnsavedWords:
    """Store the edits, with the keys of private links masked; the caller commits. Raises Invalid
    for a text that is too long.
    """
    if len(typed.subject) > LONGEST_SUBJECT or len(typed.body) > LONGEST_BODY:
        raise Invalid(
            f"This is longer than {LONGEST_BODY:,} characters, which is more than a message holds."
        )
    row = _words(message, typed.place, by=by)
    if row is None or not _is_seen(row, typed):
        row = _words(message, typed.page, by=by) or _new_row(message, typed, by=by)
        row.seen_hash = typed.seen
    row.subject, row.body = covered(typed.subject), covered(typed.body)
    row.page, row.saved_at = typed.page, now()
    db.session.flush()
    return row


def unsaved_words(message: Message, *, by: Account) -> Sequence[UnsavedWords]:
    """This person's unsaved edits, latest first, without those that equal the message."""
    query = select(UnsavedWords).where(
        UnsavedWords.message_id == message.id, UnsavedWords.account_id == by.id
    )
    rows = db.session.scalars(query.order_by(UnsavedWords.saved_at.desc()))
    there = (message.subject, message.body)
    return [row for row in rows if (row.subject.strip(), row.body.strip("\n")) != there]


def unsaved_text(message: Message, key: str, *, by: Account) -> UnsavedWords:
    """Raises NotFound."""
    if (row := _words(message, key, by=by)) is None:
        raise NotFound("These words are gone: they were saved, discarded, or 30 days old.")
    return row


def discard_unsaved(message: Message, key: str, *, by: Account) -> None:
    """Does nothing if there are none; the caller commits."""
    if row := _words(message, key, by=by):
        db.session.delete(row)


def end_unsaved(message: Message, typed: EditedMessage, *, by: Account) -> None:
    """End edits that were saved in the message; the caller commits."""
    for place in {typed.key, typed.page}:
        row = _words(message, place, by=by)
        if row and _is_seen(row, typed):
            db.session.delete(row)


def forget_old_words() -> None:
    """Delete edits not touched for 30 days; the caller commits."""
    db.session.execute(delete(UnsavedWords).where(UnsavedWords.saved_at < now() - KEPT))


def _is_seen(row: UnsavedWords, typed: EditedMessage) -> bool:
    return row.page == typed.page or row.sha256 == typed.known


def _new_row(message: Message, typed: EditedMessage, *, by: Account) -> UnsavedWords:
    row = UnsavedWords(
        message_id=message.id,
        account_id=by.id,
        key=typed.page,
        page=typed.page,
        subject="",
        body="",
    )
    db.session.add(row)
    return row


def _words(message: Message, key: str, *, by: Account) -> UnsavedWords | None:
    return db.session.scalar(
        select(UnsavedWords).where(
            UnsavedWords.message_id == message.id,
            UnsavedWords.account_id == by.id,
            UnsavedWords.key == key,
        )
    )
