"""What a claim becomes: noted, with the emails about it."""

from datetime import timedelta

from sqlalchemy import delete, select

from portal.core.clock import now
from portal.core.storage.database import db
from portal.directory.claims.models import Claim, ClaimState
from portal.directory.claims.obstacles import name_of_studio
from portal.directory.claims.offers import OPEN, known_email
from portal.directory.history.models import Change, Subject
from portal.directory.history.recording import By, Made, note_change
from portal.directory.models import User
from portal.directory.users.letters import LetterKind, queue_letter
from portal.directory.users.models import SiteLetter
from portal.directory.visibility import slug_of

UNDO_FOR = timedelta(days=30)
NEWS_LASTS = timedelta(days=7)


def settle_claim(change: Change, *, by: By) -> None:
    """Within the transaction that handed the studio over: the claim of who has it now is granted,
    whether the mailbox or staff decided on it, or staff handed the studio over without looking at
    it. One that another transaction decides on at this moment is left to that."""
    query = select(Claim).where(
        Claim.open_studio == change.studio_number,
        Claim.user_id == change.user_id,
        Claim.state.in_(OPEN),
    )
    claim = db.session.scalar(query.with_for_update(skip_locked=True))
    if claim is None:
        return
    action = "claim.granted"
    before, at = claim.state, now()
    claim.state, claim.decided_at, claim.decided_by = ClaimState.GRANTED, at, by.name
    claim.former_user_id, claim.undo_until = change.before["owner"], at + UNDO_FOR
    claim.former = {"change": change.id}
    drop_letter(claim)
    note(claim, before, action, by=by)
    tell(claim, LetterKind.CLAIM_GRANTED)
    tell_studio(claim)


def close(
    claim: Claim, state: ClaimState, *, by: By, action: str, reason: str | None = None
) -> None:
    """Within `changing_directory`: the studio can be claimed again, and a letter that was not sent
    yet is not sent."""
    before = claim.state
    claim.state, claim.open_studio = state, None
    claim.decided_at, claim.decided_by, claim.because = now(), by.name, reason
    drop_letter(claim)
    note(claim, before, action, by=by, reason=reason)
    db.session.flush()


def note(
    claim: Claim, before: ClaimState | None, action: str, *, by: By, reason: str | None = None
) -> None:
    made = Made(
        action,
        Subject.CLAIM,
        claim.id,
        before={"state": before.value if before else None},
        after={"state": claim.state.value},
        studio_number=claim.studio_number,
        user_id=claim.user_id,
        reason=reason,
    )
    note_change(made, by=by)


def drop_letter(claim: Claim) -> None:
    """The question to the studio, where it was not sent yet."""
    waiting = SiteLetter.kind == LetterKind.CONFIRM_CLAIM, SiteLetter.about == claim.id
    query = delete(SiteLetter).where(*waiting)
    db.session.execute(query.execution_options(synchronize_session=False))


def tell(claim: Claim, kind: LetterKind) -> None:
    user = db.session.get_one(User, claim.user_id)
    details = {"studio": name_of_studio(claim.studio_number), "reason": claim.because}
    queue_letter(
        kind, user.email, user_id=user.id, about=claim.id, details=details, lasts=NEWS_LASTS
    )


def tell_studio(claim: Claim) -> None:
    """At the address that the studio was imported with, by the mailbox or staff."""
    if not (email := known_email(claim.studio_number)):
        return
    name = name_of_studio(claim.studio_number)
    user = db.session.get_one(User, claim.user_id)
    details = {
        "studio": name,
        "from": user.display_name,
        "slug": slug_of(name, claim.studio_number),
    }
    queue_letter(
        LetterKind.STUDIO_CLAIMED, email, about=claim.id, details=details, lasts=NEWS_LASTS
    )
