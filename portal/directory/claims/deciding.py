"""What becomes of a claim: the studio's mailbox answers, staff grant or refuse, and take back."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.core.clock import now
from portal.core.errors import Conflict, NotFound
from portal.core.storage.database import changing_directory, db
from portal.directory.claims.asking import GONE, locked_claim
from portal.directory.claims.handover import hand_back, hand_over
from portal.directory.claims.models import Claim, ClaimState
from portal.directory.claims.obstacles import obstacle_to
from portal.directory.claims.offers import OPEN, why_staff_decide_on
from portal.directory.claims.placeholders import is_placeholder
from portal.directory.claims.settling import UNDO_FOR, close, note, tell
from portal.directory.history.models import Change, ChangedBy
from portal.directory.history.recording import By
from portal.directory.models import StudioProfile, User
from portal.directory.users.letters import LetterKind
from portal.directory.users.links import id_in

LINK = "claim"
"""The kind of the codes of its links."""
MAILBOX = By(ChangedBy.PERSON, None, "The studio’s email address")
NOT_KNOWN = "The studio’s own email address answered that it does not know you."
AT_ONCE = "Something else was saved at the same moment, so nothing was changed."
DECIDED = "This claim was decided already."
NOT_ANY_MORE = "The studio is not there any more, or has an owner by now."


@contextmanager
def _deciding() -> Iterator[None]:
    """Raises Conflict where the person's studio was made at the same moment, which a unique key
    decides."""
    try:
        with changing_directory():
            yield
    except IntegrityError:
        raise Conflict(AT_ONCE, remedy="Try once more.") from None


def open_link(code: str, *, locked: bool = False) -> Claim:
    """The claim that this link is about. Raises NotFound for no link of this site, Conflict for one
    that was used, has expired, or whose claim is decided or withdrawn."""
    claim_id = id_in(LINK, code)
    claim = None
    if claim_id:
        claim = locked_claim(claim_id) if locked else _claim(claim_id)
    if claim is None:
        raise NotFound(
            "This link is not complete, or not one of this site.",
            remedy="Open it from the mail once more.",
        )
    if claim.state is ClaimState.SENT and claim.expires_at <= now():
        raise Conflict("This link has expired: it works for 7 days. Nothing was handed over.")
    if claim.state is not ClaimState.SENT:
        raise Conflict(_why_void(claim))
    return claim


def confirm_claim(code: str) -> ClaimState:
    """The studio's mailbox knows the person: the studio is theirs at once, unless staff have to
    look at that. Raises as `open_link`."""
    with _deciding():
        claim = open_link(code, locked=True)
        claim.confirmed_at = now()
        studio = db.session.get(StudioProfile, claim.studio_number)
        if studio is None or not is_placeholder(studio.user):
            close(
                claim, ClaimState.REFUSED, by=MAILBOX, action="claim.refused", reason=NOT_ANY_MORE
            )
            tell(claim, LetterKind.CLAIM_REFUSED)
        elif why_staff_decide_on(claim, studio) or _obstacle(claim):
            claim.state = ClaimState.WAITING
            note(claim, ClaimState.SENT, "claim.confirmed", by=MAILBOX)
        else:
            hand_over(claim.studio_number, claim.user_id, by=MAILBOX, draft_makes_room=True)
        return claim.state


def deny_claim(code: str) -> None:
    """The studio's mailbox does not know the person. Raises as `open_link`."""
    with _deciding():
        claim = open_link(code, locked=True)
        close(claim, ClaimState.REFUSED, by=MAILBOX, action="claim.refused", reason=NOT_KNOWN)
        tell(claim, LetterKind.CLAIM_REFUSED)


def grant_claim(claim_id: str, *, by: By) -> None:
    """By staff. Raises NotFound, and Conflict with one sentence where it is decided by now, or the
    person can't have the studio."""
    with _deciding():
        claim = _open_for_staff(claim_id)
        studio = db.session.get(StudioProfile, claim.studio_number)
        if studio is None or not is_placeholder(studio.user):
            raise Conflict(f"{NOT_ANY_MORE} Refuse the claim.")
        hand_over(claim.studio_number, claim.user_id, by=by, draft_makes_room=True)


def refuse_claim(claim_id: str, reason: str, *, by: By) -> None:
    """By staff; the person reads the reason. Raises as `grant_claim`."""
    action = "claim.refused"
    with _deciding():
        claim = _open_for_staff(claim_id)
        close(claim, ClaimState.REFUSED, by=by, action=action, reason=reason)
        tell(claim, LetterKind.CLAIM_REFUSED)


def undo_claim(claim_id: str, reason: str, *, by: By) -> None:
    """By staff, within 30 days: the studio is its placeholder's again, with what was changed since;
    what the person had begun before is theirs again. Raises Conflict where the studio went on to
    somebody else, or it is too late."""
    action = "claim.undone"
    with _deciding():
        claim = locked_claim(claim_id)
        if claim is None:
            raise NotFound(GONE)
        if claim.state is not ClaimState.GRANTED:
            raise Conflict("This claim is not granted, so there is nothing to take back.")
        change = db.session.get(Change, str(claim.former.get("change")))
        if change is None or not claim.undo_until or claim.undo_until <= now():
            raise Conflict(f"It was granted more than {UNDO_FOR.days} days ago.")
        hand_back(change, by=by, reason=reason, although_changed=True)
        close(claim, ClaimState.UNDONE, by=by, action=action, reason=reason)
        claim.undo_until, claim.former = None, {}
        tell(claim, LetterKind.CLAIM_UNDONE)


def _claim(claim_id: str) -> Claim | None:
    return db.session.scalar(select(Claim).where(Claim.id == claim_id))


def _open_for_staff(claim_id: str) -> Claim:
    claim = locked_claim(claim_id)
    if claim is None:
        raise NotFound(GONE)
    if claim.state not in OPEN:
        raise Conflict(f"{DECIDED} Look at it again.")
    return claim


def _obstacle(claim: Claim) -> bool:
    """Whether something came up since, so that staff have to look at it."""
    user = db.session.get_one(User, claim.user_id)
    return obstacle_to(user, claim.studio_number, draft_makes_room=True) is not None


def _why_void(claim: Claim) -> str:
    if claim.state is ClaimState.WITHDRAWN:
        return "The person has withdrawn this claim. Nothing was handed over."
    if claim.state is ClaimState.EXPIRED:
        return "This link has expired: it works for 7 days. Nothing was handed over."
    if claim.confirmed_at and claim.state is ClaimState.WAITING:
        return "This link was used already. The people who run the site decide on the claim."
    return "This link was used already, or the claim was decided by the people who run the site."
