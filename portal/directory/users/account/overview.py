"""What the account's page shows: the studio in one line with its next step, and the numbers."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from portal.core.storage.database import db
from portal.directory.models import User
from portal.directory.owners.models import SiteMessage
from portal.directory.owners.own import own_studio
from portal.directory.owners.publishing import State, in_words, missing_of, state_of
from portal.directory.reviews.answers import Numbers, count_reviews
from portal.directory.reviews.own import count_own_reviews
from portal.directory.users.account.address import PendingChange, pending_change
from portal.directory.users.account.deletion import due_at
from portal.directory.users.account.mail import wants_mail
from portal.directory.users.prepared import is_moderation_prepared
from portal.directory.users.sessions import live_sessions
from portal.directory.visibility import slug_of


@dataclass(frozen=True)
class StudioLine:
    """`missing`: what it still needs to be published, in words."""

    state: State
    name: str = ""
    slug: str = ""
    missing: str = ""


@dataclass(frozen=True)
class Overview:
    """`reviews`: of the person's studio; `written`: by the person. None before their tables."""

    studio: StudioLine
    messages: int
    unread: int
    wants_mail: bool
    sessions: int
    change: PendingChange | None
    deletion_due_at: datetime | None
    reviews: Numbers | None = None
    written: int | None = None


def overview_of(user: User) -> Overview:
    has_reviews = is_moderation_prepared()
    messages, unread = db.session.execute(
        select(func.count(), func.count().filter(SiteMessage.read_at.is_(None)))
        .select_from(SiteMessage)
        .where(SiteMessage.user_id == user.id)
    ).one()
    return Overview(
        studio=_studio(user),
        messages=messages,
        unread=unread,
        wants_mail=wants_mail(user.id),
        sessions=len(live_sessions(user.id)),
        change=pending_change(user.id),
        deletion_due_at=due_at(user.id),
        reviews=count_reviews(user.id) if has_reviews else None,
        written=count_own_reviews(user.id) if has_reviews else None,
    )


def _studio(user: User) -> StudioLine:
    own = own_studio(user)
    if own.is_new:
        return StudioLine(State.NEW)
    missing = missing_of(own)
    return StudioLine(
        state_of(own),
        own.studio.name,
        slug_of(own.studio.name, own.studio.id),
        in_words(missing) if missing else "",
    )
