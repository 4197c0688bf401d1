"""Emails about reviews, queued in the transaction of what they are about.

They go to people who want emails about more than their account and can log in: not to the
placeholder of an imported studio, a blocked person, or one whose account ends.
"""

from datetime import timedelta

from sqlalchemy import exists, select

from portal.core.storage.database import db
from portal.directory.claims.models import Origin
from portal.directory.folding import one_line
from portal.directory.models import Review, StudioProfile, User
from portal.directory.presentation import UNNAMED
from portal.directory.users.letters import LetterKind, queue_letter
from portal.directory.users.models import SiteAccount

LASTS = timedelta(days=7)
"""An email about a review is worth sending for so long, if mail fails."""


def tell_owner(review: Review) -> None:
    """The review is on the page of a studio that visitors can see."""
    if review.studio.is_listed:
        _queue(LetterKind.REVIEW_SHOWN, review.studio, review.studio.user_id)


def tell_author_of_answer(review: Review) -> None:
    if review.studio.is_listed:
        _queue(LetterKind.REVIEW_ANSWERED, review.studio, review.reviewer_id)


def tell_author_of_refusal(review: Review, because: str) -> None:
    _queue(LetterKind.REVIEW_REFUSED, review.studio, review.reviewer_id, because=because)


def _queue(kind: LetterKind, studio: StudioProfile, user_id: int, **more: str) -> None:
    email = _address_for_mail(user_id)
    if email is None:
        return
    details = {"studio": one_line(studio.name) or UNNAMED, **more}
    queue_letter(kind, email, user_id=user_id, details=details, lasts=LASTS)


def _address_for_mail(user_id: int) -> str | None:
    query = (
        select(User.email)
        .outerjoin(SiteAccount, SiteAccount.user_id == User.id)
        .where(
            User.id == user_id,
            SiteAccount.mail_ended_at.is_(None),
            SiteAccount.blocked_at.is_(None),
            SiteAccount.deletion_due_at.is_(None),
            ~exists().where(Origin.user_id == User.id),
        )
    )
    return db.session.scalar(query)
