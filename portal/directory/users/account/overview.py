"""What the account's page shows: the studio in one line with its next step, and the numbers."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, select

from portal.core.storage.database import db
from portal.directory.models import StudioProfile, StudioStatus, User
from portal.directory.owners.models import SiteMessage, StudioDetails
from portal.directory.users.account.address import PendingChange, pending_change
from portal.directory.users.account.deletion import due_at
from portal.directory.users.account.mail import wants_mail
from portal.directory.users.sessions import live_sessions
from portal.directory.visibility import slug_of


class StudioState(StrEnum):
    NONE = "none"
    DRAFT = "draft"
    PUBLISHED = "published"
    HIDDEN = "hidden"
    CHECKED = "checked"
    """The site's staff look at it."""
    OFF = "off"
    """The site's staff switched it off."""


@dataclass(frozen=True)
class StudioLine:
    state: StudioState
    name: str = ""
    slug: str = ""


@dataclass(frozen=True)
class Overview:
    studio: StudioLine
    messages: int
    unread: int
    wants_mail: bool
    sessions: int
    change: PendingChange | None
    deletion_due_at: datetime | None


def overview_of(user: User) -> Overview:
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
    )


def _studio(user: User) -> StudioLine:
    studio = db.session.scalar(select(StudioProfile).where(StudioProfile.user_id == user.id))
    if studio is None:
        return StudioLine(StudioState.NONE)
    details = db.session.get(StudioDetails, user.id)
    slug = slug_of(studio.name, studio.id)
    is_hidden = details is not None and details.hidden_at is not None
    return StudioLine(_state(studio, is_hidden=is_hidden), studio.name, slug)


def _state(studio: StudioProfile, *, is_hidden: bool) -> StudioState:
    if studio.status is StudioStatus.PENDING:
        return StudioState.CHECKED
    if studio.status is StudioStatus.INACTIVE:
        return StudioState.HIDDEN if is_hidden else StudioState.OFF
    return StudioState.PUBLISHED if studio.is_listed else StudioState.DRAFT
