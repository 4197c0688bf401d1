"""Deletion of an account: asked for, taken back within 30 days, carried out by the worker.

Rows of a deleted person go with their row in `users`: the studio with its pictures, services, hours
and reviews, the messages to it, and the reviews that the person wrote, with the answers to them. A
review belongs to who wrote it, so it is not kept without its author; those that others wrote about
the studio are kept for them, out of sight. Accounts that were merged into it go with it.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import InstrumentedAttribute

from portal.core.clock import now
from portal.core.errors import Conflict, Unavailable
from portal.core.storage.database import changing_directory, db
from portal.directory.claims.models import StudioRestriction
from portal.directory.models import Review, StudioImage, StudioProfile, StudioStatus, User
from portal.directory.owners.models import SiteMessage, StudioDetails
from portal.directory.reviews.records import keep_reviews
from portal.directory.users.access.finding import account_of, locked_user
from portal.directory.users.account.merged import merged_into
from portal.directory.users.events import note_event
from portal.directory.users.letters import LetterKind, queue_letter
from portal.directory.users.models import SignUp, SiteAccount, SiteLink, SiteSession
from portal.directory.users.prepared import is_moderation_prepared, is_prepared
from portal.directory.users.sessions import LONGEST

GRACE = timedelta(days=30)
KEPT_AFTER = timedelta(days=7)
"""How long ended sessions, and links and sign-ups that have expired, are kept."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class WhatGoes:
    """What a deletion takes with it, in numbers."""

    studio: str | None
    pictures: int
    reviews_of_studio: int
    reviews_written: int
    messages: int


def what_goes(user: User) -> WhatGoes:
    studio = user.studio
    number = studio.id if studio else 0
    return WhatGoes(
        studio=studio.name if studio else None,
        pictures=_count(StudioImage.studio_id, number),
        reviews_of_studio=_count(Review.studio_id, number),
        reviews_written=_count(Review.reviewer_id, user.id),
        messages=_count(SiteMessage.user_id, user.id),
    )


def due_at(user_id: int) -> datetime | None:
    """When the account will be deleted, if that was asked for."""
    query = select(SiteAccount.deletion_due_at).where(SiteAccount.user_id == user_id)
    return db.session.scalar(query)


def ask_deletion(user_id: int) -> datetime:
    """The studio is hidden from now on. Raises Conflict if it was asked for already."""
    with changing_directory():
        user, at = locked_user(user_id), now()
        account = account_of(user)
        if account.deletion_due_at:
            raise Conflict("The deletion of this account was asked for already.")
        account.deletion_due_at = due = at + GRACE
        _hide(user, at)
        details = {"due": due.isoformat()}
        queue_letter(LetterKind.DELETION_ASKED, user.email, user_id=user.id, details=details)
    return due


def withdraw_deletion(user_id: int) -> None:
    """The studio is shown again if the deletion hid it. Nothing to take back is no error."""
    with changing_directory():
        user = locked_user(user_id)
        account = account_of(user)
        if account.deletion_due_at:
            _show(user, hidden_at=account.deletion_due_at - GRACE)
            account.deletion_due_at = None


def delete_due_accounts(at: datetime) -> int:
    """Delete each account that is due, in a transaction of its own, and rows that are of no use any
    more. Returns the number of accounts. Called by the worker; raises Unavailable while the
    directory is read-only, and, once all others are deleted, where the database refuses one. What
    was not deleted stays due."""
    if not is_prepared():
        return 0
    query = select(SiteAccount.user_id).where(SiteAccount.deletion_due_at <= at)
    deleted, refused = 0, 0
    for user_id in list(db.session.scalars(query.order_by(SiteAccount.deletion_due_at))):
        try:
            deleted += _delete(user_id, at)
        except DBAPIError:
            refused += 1
            log.exception("The account %s could not be deleted", user_id)
    delete_stale(at)
    if refused:
        raise Unavailable(f"{deleted} deleted; the database refused to delete {refused}.")
    return deleted


def delete_stale(at: datetime) -> None:
    """Sign-ups and links that have expired, and sessions that ended, a week ago."""
    before = at - KEPT_AFTER
    with changing_directory():
        for query in (
            delete(SignUp).where(SignUp.expires_at < before),
            delete(SiteLink).where(SiteLink.expires_at < before),
            delete(SiteSession).where(SiteSession.ended_at < before),
            delete(SiteSession).where(SiteSession.created_at < before - LONGEST),
        ):
            db.session.execute(query.execution_options(synchronize_session=False))


def _delete(user_id: int, at: datetime) -> bool:
    """False if it was taken back, or another process was faster."""
    with changing_directory():
        query = select(User).where(User.id == user_id).with_for_update()
        user = db.session.scalar(query.execution_options(populate_existing=True))
        account = user and db.session.get(SiteAccount, user_id, populate_existing=True)
        if not user or not account or not account.deletion_due_at or account.deletion_due_at > at:
            return False
        queue_letter(LetterKind.DELETED, user.email)  # without the user: it outlives the row
        people = [user_id, *merged_into(user_id)]
        for each in people:
            _keep_reviews_of_others(each)
            note_event("deleted", each)
        db.session.flush()
        keep_reviews(db.session.connection(), people)
        _delete_rows(people)
        db.session.expunge_all()
    log.info("Deleted the account %s, as its owner asked.", user_id)
    return True


def _delete_rows(people: list[int]) -> None:
    """With the sign-ups that have their addresses."""
    addresses = select(func.lower(User.email)).where(User.id.in_(people))
    mine = delete(SignUp).where(func.lower(SignUp.email).in_(addresses))
    for query in (mine, delete(User).where(User.id.in_(people))):
        db.session.execute(query.execution_options(synchronize_session=False))


def _keep_reviews_of_others(user_id: int) -> None:
    """Reviews of a studio that the person handed over say that they owned it at that time. They are
    the studio's: from now on they say who owns it."""
    query = select(Review, StudioProfile.user_id).join(StudioProfile)
    others = Review.owner_id == user_id, StudioProfile.user_id != user_id
    for review, owner_id in db.session.execute(query.where(*others)):
        review.owner_id = owner_id


def _hide(user: User, at: datetime) -> None:
    if user.studio is None:
        return
    details = db.session.get(StudioDetails, user.id, populate_existing=True)
    if details is None:
        details = StudioDetails(user_id=user.id)
        db.session.add(details)
    if details.hidden_at is None and user.studio.is_listed:
        details.hidden_at, user.studio.status = at, StudioStatus.INACTIVE


def _show(user: User, *, hidden_at: datetime) -> None:
    """What its owner had hidden before stays hidden, and what staff have ended since."""
    details = db.session.get(StudioDetails, user.id, populate_existing=True)
    if details and user.studio and details.hidden_at == hidden_at:
        details.hidden_at = None
        if not _is_ended_by_staff(user.id):
            user.studio.status = StudioStatus.ACTIVE


def _is_ended_by_staff(user_id: int) -> bool:
    if not is_moderation_prepared():
        return False
    row = db.session.get(StudioRestriction, user_id, populate_existing=True)
    return row is not None and (row.hidden_at is not None or row.deleted_at is not None)


def _count(column: InstrumentedAttribute[int], value: int) -> int:
    return db.session.scalar(select(func.count()).where(column == value)) or 0
