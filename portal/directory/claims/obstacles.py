"""Why a person can't be given a studio: one studio a person, and no reviews of one's own."""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select

from portal.core.storage.database import db
from portal.directory.claims.drafts import has_content
from portal.directory.claims.models import StudioRestriction
from portal.directory.claims.placeholders import is_placeholder
from portal.directory.folding import one_line
from portal.directory.models import Review, StudioProfile, User
from portal.directory.owners.own import Own, own_studio
from portal.directory.owners.publishing import State, state_of
from portal.directory.presentation import UNNAMED
from portal.directory.users.models import SiteAccount


class Why(StrEnum):
    PLACEHOLDER = "placeholder"
    UNCONFIRMED = "unconfirmed"
    BLOCKED = "blocked"
    LEAVING = "leaving"
    OWNER = "owner"
    STUDIO = "studio"
    DRAFT = "draft"
    REVIEWED = "reviewed"


FOR_STAFF = {
    Why.PLACEHOLDER: "{person} is no person: studios that were imported belong to such rows.",
    Why.UNCONFIRMED: "{person} has not confirmed their email address.",
    Why.BLOCKED: "The account of {person} is disabled.",
    Why.LEAVING: "{person} has asked for the deletion of their account.",
    Why.OWNER: "{person} owns this studio already.",
    Why.STUDIO: "{person} has a studio already: {studio}.",
    Why.DRAFT: "{person} has begun a studio, {studio}, and can have one only.",
    Why.REVIEWED: (
        "{person} has reviewed this studio, and an owner can’t review it. Ask them to delete the"
        " review first."
    ),
}
FOR_PERSON = {
    Why.PLACEHOLDER: "This account can’t own a studio.",
    Why.UNCONFIRMED: "Your email address is not confirmed yet. Confirm it first.",
    Why.BLOCKED: "Your account is blocked.",
    Why.LEAVING: "Your account is going to be deleted. Keep it first, on the page of your account.",
    Why.OWNER: "This studio is yours already.",
    Why.STUDIO: "You have a studio already, {studio}, and a person can have one.",
    Why.DRAFT: "You have begun a studio, {studio}, and can have one only.",
    Why.REVIEWED: (
        "You have reviewed this studio, and an owner can’t review it. Delete your review first."
    ),
}


@dataclass(frozen=True)
class Obstacle:
    why: Why
    person: str
    studio: str = ""

    @property
    def for_staff(self) -> str:
        return FOR_STAFF[self.why].format(person=self.person, studio=self.studio)

    @property
    def for_person(self) -> str:
        return FOR_PERSON[self.why].format(studio=self.studio)


def obstacle_to(user: User, studio_number: int, *, draft_makes_room: bool) -> Obstacle | None:
    """`draft_makes_room`: a studio that the person has begun and never published is no obstacle;
    otherwise only one without content is none."""
    own = own_studio(user)
    why = _why(own, studio_number, draft_makes_room=draft_makes_room)
    name = "" if own.is_new else one_line(own.studio.name) or UNNAMED
    return Obstacle(why, one_line(user.display_name) or user.username, name) if why else None


def _why(own: Own, number: int, *, draft_makes_room: bool) -> Why | None:
    account = db.session.get(SiteAccount, own.user.id)
    found = {
        Why.PLACEHOLDER: is_placeholder(own.user),
        Why.UNCONFIRMED: not own.user.email_verified,
        Why.BLOCKED: account is not None and account.blocked_at is not None,
        Why.LEAVING: account is not None and account.deletion_due_at is not None,
        Why.OWNER: own.studio.id == number,
        Why.STUDIO: not own.is_new and not _is_mere_draft(own),
        Why.DRAFT: not own.is_new and not draft_makes_room and has_content(own.studio),
        Why.REVIEWED: has_reviewed(own.user.id, number),
    }
    return next((why for why, is_so in found.items() if is_so), None)


def _is_mere_draft(own: Own) -> bool:
    """Never published, not looked at by staff, without reviews."""
    restriction = db.session.get(StudioRestriction, own.user.id)
    reviews = select(Review.id).where(Review.studio_id == own.studio.id).limit(1)
    return (
        state_of(own) is State.DRAFT
        and own.details.published_at is None
        and restriction is None
        and db.session.scalar(reviews) is None
    )


def has_reviewed(user_id: int, number: int) -> bool:
    query = select(Review.id).where(Review.studio_id == number, Review.reviewer_id == user_id)
    return db.session.scalar(query.limit(1)) is not None


def name_of_studio(number: int) -> str:
    query = select(StudioProfile.name).where(StudioProfile.id == number)
    return one_line(db.session.scalar(query)) or UNNAMED
