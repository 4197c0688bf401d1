"""A person claims an imported studio, and may withdraw that.

A claim is open until it is decided; one open claim a studio, by a unique key, and one a person.
"""

from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.core.clock import now
from portal.core.errors import Conflict, NotFound
from portal.core.storage.database import JsonDict, changing_directory, db
from portal.directory.claims.drafts import DRAFT
from portal.directory.claims.models import Claim, ClaimState
from portal.directory.claims.obstacles import obstacle_to
from portal.directory.claims.offers import (
    OPEN,
    SENT_TO,
    Offer,
    offer_of,
    open_claim_of,
    open_claim_of_studio,
)
from portal.directory.claims.settling import close, note
from portal.directory.claims.throttles import charge_claim
from portal.directory.history.models import Change, ChangedBy
from portal.directory.history.recording import WORKER, By
from portal.directory.messages.queries import is_id
from portal.directory.models import User
from portal.directory.users.access.finding import locked_user
from portal.directory.users.letters import LetterKind, queue_letter
from portal.directory.users.prepared import require_moderation_prepared, require_writable

LINK_LASTS = timedelta(days=7)
AGAIN_AFTER = timedelta(days=30)
TAKEN = "Somebody else has claimed this studio, and that is not decided yet."
LATER = "Nothing was sent. Come back in some days: a claim that is not confirmed ends after 7."
HAS_OWNER = "This studio is looked after by its owner already, so it can’t be claimed."
ONE_AT_A_TIME = "You have claimed another studio, and that is not decided yet. Withdraw it first."
REFUSED_BEFORE = "Your claim to this studio was refused, so you can’t claim it again for 30 days."
GONE = "There is no such claim any more."


def ask_claim(user_id: int, slug: str, *, message: str, address: str | None) -> Claim:
    """Queue the letter to the studio's known address; without one, the claim waits for staff.

    Raises Conflict with one sentence, TooMany, and Unavailable while nothing can be saved.
    """
    require_moderation_prepared()
    require_writable()
    offer = offer_of(slug)
    _require_free(db.session.get_one(User, user_id), offer)
    charge_claim(user_id, address, offer.number, offer.known_email)
    try:
        with changing_directory():
            user, offer = locked_user(user_id), offer_of(slug)
            _require_free(user, offer)
            claim = _open(user, offer, message)
    except IntegrityError:
        raise Conflict(TAKEN, remedy=LATER) from None
    return claim


def withdraw_claim(user_id: int, claim_id: str) -> None:
    """Raises NotFound for another person's claim too, Conflict where it is decided by now."""
    with changing_directory():
        claim = locked_claim(claim_id)
        if claim is None or claim.user_id != user_id:
            raise NotFound(GONE)
        user = db.session.get_one(User, user_id)
        if claim.state not in OPEN:
            raise Conflict("This claim is decided by now, so there is nothing to withdraw.")
        close(claim, ClaimState.WITHDRAWN, by=by_person(user), action="claim.withdrawn")


def expire_claims(at: datetime) -> int:
    """Those whose link was never used; and drafts that made room for a claim that can't be taken
    back any more are forgotten. Called by the worker; raises Unavailable while the directory is
    read-only."""
    with changing_directory():
        query = select(Claim).where(Claim.state == ClaimState.SENT, Claim.expires_at <= at)
        rows = db.session.scalars(query.with_for_update()).all()
        for each in rows:
            close(each, ClaimState.EXPIRED, by=WORKER, action="claim.expired")
        settled = Claim.state == ClaimState.GRANTED, Claim.undo_until <= at
        for each in db.session.scalars(select(Claim).where(*settled)):
            _settle(each)
    return len(rows)


def _settle(claim: Claim) -> None:
    change = db.session.get(Change, str(claim.former.get("change")))
    if change is not None:
        change.before = {name: each for name, each in change.before.items() if name != DRAFT}
        change.after = {name: each for name, each in change.after.items() if name != DRAFT}
    claim.undo_until, claim.former = None, {}


def locked_claim(claim_id: str) -> Claim | None:
    """Within `changing_directory`. As it is by now."""
    if not is_id(claim_id):
        return None
    query = select(Claim).where(Claim.id == claim_id).with_for_update()
    return db.session.scalar(query.execution_options(populate_existing=True))


def by_person(user: User) -> By:
    return By(ChangedBy.PERSON, user.id, user.display_name)


def why_not(user: User, offer: Offer) -> str | None:
    """One sentence why this person can't claim this studio now."""
    if found := obstacle_to(user, offer.number, draft_makes_room=True):
        return found.for_person
    if offer.has_owner:
        return HAS_OWNER
    if (other := open_claim_of(user.id)) and not _is_over(other):
        return ONE_AT_A_TIME
    if _was_refused(user.id, offer.number):
        return REFUSED_BEFORE
    there = open_claim_of_studio(offer.number)
    return TAKEN if there and not _is_over(there) else None


def _require_free(user: User, offer: Offer) -> None:
    if sentence := why_not(user, offer):
        raise Conflict(sentence, remedy=LATER if sentence == TAKEN else None)


def _is_over(claim: Claim) -> bool:
    """Whether an open claim does not prevent another: its link has expired; or it was granted,
    and the studio is its placeholder's again, which the caller has looked at."""
    is_expired = claim.state is ClaimState.SENT and claim.expires_at <= now()
    return is_expired or claim.state is ClaimState.GRANTED


def _was_refused(user_id: int, number: int) -> bool:
    query = select(Claim.id).where(
        Claim.user_id == user_id,
        Claim.studio_number == number,
        Claim.state == ClaimState.REFUSED,
        Claim.decided_at > now() - AGAIN_AFTER,
    )
    return db.session.scalar(query.limit(1)) is not None


def _open(user: User, offer: Offer, message: str) -> Claim:
    at = now()
    for over in (open_claim_of_studio(offer.number), open_claim_of(user.id)):
        if over and over.open_studio is not None and _is_over(over):
            _make_way(over)  # another that is open, the unique key refuses
    claim = Claim(
        id=str(uuid4()),
        user_id=user.id,
        studio_number=offer.number,
        open_studio=offer.number,
        state=ClaimState.SENT if offer.known_email else ClaimState.WAITING,
        message=message or None,
        created_at=at,
        expires_at=at + LINK_LASTS,
        former={SENT_TO: offer.known_email} if offer.known_email else {},
    )
    db.session.add(claim)
    db.session.flush()
    note(claim, None, "claim.asked", by=by_person(user))
    if offer.known_email:
        details: JsonDict = {"studio": offer.name, "from": user.display_name}
        queue_letter(
            LetterKind.CONFIRM_CLAIM,
            offer.known_email,
            user_id=user.id,
            about=claim.id,
            details=details,
            lasts=LINK_LASTS,
        )
    return claim


def _make_way(over: Claim) -> None:
    if over.state is ClaimState.GRANTED:
        over.open_studio = None
        db.session.flush()
    else:
        close(over, ClaimState.EXPIRED, by=WORKER, action="claim.expired")
