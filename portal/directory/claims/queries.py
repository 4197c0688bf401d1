"""Claims as staff see them: how many wait, the list, and one with what is known."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select

from portal.core.clock import now
from portal.core.errors import NotFound
from portal.core.storage.database import db
from portal.directory.claims.drafts import DRAFT, name_of
from portal.directory.claims.handover import changed_since
from portal.directory.claims.models import Claim, ClaimState, Origin
from portal.directory.claims.obstacles import obstacle_to
from portal.directory.claims.offers import OPEN, approved_reviews, known_email, why_staff_decide_on
from portal.directory.claims.placeholders import is_placeholder
from portal.directory.folding import one_line
from portal.directory.history.models import Change
from portal.directory.messages.queries import is_id
from portal.directory.models import StudioProfile, User
from portal.directory.presentation import UNNAMED
from portal.directory.visibility import slug_of

PER_PAGE = 50
ALL = "all"
WORDS = {
    ClaimState.WAITING: "Waiting for staff",
    ClaimState.SENT: "Asked by mail",
    ClaimState.GRANTED: "Granted",
    ClaimState.REFUSED: "Refused",
    ClaimState.WITHDRAWN: "Withdrawn",
    ClaimState.EXPIRED: "Expired",
    ClaimState.UNDONE: "Taken back",
}


@dataclass(frozen=True)
class Line:
    id: str
    studio: str
    studio_number: int
    person: str
    person_number: int
    state: ClaimState
    created_at: datetime
    decided_at: datetime | None
    decided_by: str


@dataclass(frozen=True)
class Lines:
    """One page of the list; the oldest first where they wait, else the newest."""

    items: Sequence[Line]
    number: int
    pages: int
    total: int


@dataclass(frozen=True)
class Known:
    """What staff know of a claim before they decide. `obstacle`: why it can't be granted;
    `draft`: the studio that the person has begun, which makes room. `changed`: what was changed
    since it was granted; None where it can't be taken back any more."""

    claim: Claim
    person: User
    studio: StudioProfile | None
    slug: str
    studio_name: str
    email: str | None
    origin: Origin | None
    reviews: int
    because: list[str]
    obstacle: str | None
    draft: str | None
    kept_draft: str
    changed: list[str] | None
    others: Sequence[Line]

    @property
    def is_open(self) -> bool:
        return self.claim.state in OPEN

    @property
    def can_be_undone(self) -> bool:
        return self.changed is not None


def count_waiting_claims() -> int:
    """Those that wait for staff. By the index of the state."""
    query = select(func.count()).where(Claim.state == ClaimState.WAITING)
    return db.session.scalar(query) or 0


def count_open() -> dict[ClaimState, int]:
    """By state, of those that are not decided. By the index of the state."""
    query = select(Claim.state, func.count()).where(Claim.state.in_(OPEN)).group_by(Claim.state)
    return {row[0]: row[1] for row in db.session.execute(query)}


def list_claims(state: ClaimState | None, *, number: int = 1) -> Lines:
    found = () if state is None else (Claim.state == state,)
    total = db.session.scalar(select(func.count()).select_from(Claim).where(*found)) or 0
    pages = max(1, -(-total // PER_PAGE))
    at = min(max(1, number), pages)
    is_waiting = state in {ClaimState.WAITING, ClaimState.SENT}
    order = Claim.created_at.asc() if is_waiting else Claim.created_at.desc()
    items = _lines(*found, order=order, offset=(at - 1) * PER_PAGE)
    return Lines(items, at, pages, total)


def claim_for_staff(claim_id: str) -> Known:
    """Raises NotFound."""
    query = select(Claim).where(Claim.id == claim_id)
    claim = db.session.scalar(query) if is_id(claim_id) else None
    if claim is None:
        raise NotFound("There is no such claim.", remedy="Its person may have deleted the account.")
    person = db.session.get_one(User, claim.user_id)
    studio = db.session.get(StudioProfile, claim.studio_number)
    is_open = claim.state in OPEN
    change = db.session.get(Change, str(claim.former.get("change") or ""))
    return Known(
        claim=claim,
        person=person,
        studio=studio,
        slug=slug_of(studio.name, studio.id) if studio else "",
        studio_name=(one_line(studio.name) or UNNAMED) if studio else "A studio that is gone",
        email=known_email(claim.studio_number),
        origin=db.session.scalar(select(Origin).where(Origin.studio_number == claim.studio_number)),
        reviews=approved_reviews(claim.studio_number),
        because=why_staff_decide_on(claim, studio) if studio else [],
        obstacle=_obstacle(claim, person, studio) if is_open else None,
        draft=one_line(person.studio.name) or UNNAMED if is_open and person.studio else None,
        kept_draft=name_of(change.before.get(DRAFT)) if change else "",
        changed=_changed(claim, change, studio),
        others=_lines(
            (Claim.studio_number == claim.studio_number) | (Claim.user_id == claim.user_id),
            Claim.id != claim.id,
            order=Claim.created_at.desc(),
        ),
    )


def _obstacle(claim: Claim, person: User, studio: StudioProfile | None) -> str | None:
    if studio is None:
        return "The studio is not there any more. Refuse the claim."
    found = obstacle_to(person, studio.id, draft_makes_room=True)
    if found:
        return found.for_staff
    if not is_placeholder(studio.user):
        return "The studio has an owner by now. Refuse the claim."
    return None


def _changed(claim: Claim, change: Change | None, studio: StudioProfile | None) -> list[str] | None:
    """None unless it was granted, may still be taken back, and the studio is the person's."""
    is_granted = claim.state is ClaimState.GRANTED and claim.undo_until is not None
    if not (is_granted and claim.undo_until and claim.undo_until > now()):
        return None
    is_theirs = studio is not None and studio.user_id == claim.user_id
    return changed_since(change) if change and is_theirs else None


def _lines(
    *conditions: ColumnElement[bool], order: ColumnElement[datetime], offset: int = 0
) -> list[Line]:
    query = (
        select(Claim, User.display_name, User.username, StudioProfile.name)
        .join(User, User.id == Claim.user_id)
        .outerjoin(StudioProfile, StudioProfile.id == Claim.studio_number)
        .where(*conditions)
        .order_by(order, Claim.id)
        .limit(PER_PAGE)
        .offset(offset)
    )
    return [
        Line(
            claim.id,
            one_line(name) or UNNAMED,
            claim.studio_number,
            one_line(person) or username,
            claim.user_id,
            claim.state,
            claim.created_at,
            claim.decided_at,
            claim.decided_by or "",
        )
        for claim, person, username, name in db.session.execute(query)
    ]
