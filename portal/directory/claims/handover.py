"""Hand a studio over to another person, with all that is the studio's, and back within 30 days.

What visitors wrote stays with the person to whom they wrote. Reviews keep the owner of their time;
the new owner may answer them. Whether visitors see the owner's address is not handed over.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from portal.core.clock import now
from portal.core.errors import Conflict, NotFound
from portal.core.storage.database import JsonDict, db
from portal.directory.claims.drafts import DRAFT, put_back, take_away
from portal.directory.claims.models import StudioRestriction
from portal.directory.claims.obstacles import has_reviewed, obstacle_to
from portal.directory.claims.settling import UNDO_FOR, settle_claim
from portal.directory.history.models import Change, Subject
from portal.directory.history.recording import By, Made, note_change
from portal.directory.models import StudioImage, StudioProfile, User
from portal.directory.owners.models import StudioDetails, StudioHours
from portal.directory.reports.models import PictureCheck
from portal.directory.users.models import SiteAccount

OF_OWNER: tuple[type[Any], ...] = (StudioDetails, StudioHours, StudioRestriction)
ACTION = "studio.handed-over"
SHOWN = "show_email"
"""Whether visitors see the owner's address: each owner decides on their own."""
MOVED = "This studio was handed over at the same moment, so nothing was changed."
AGAIN = "The studio was handed over again since, so it can’t be given back."
TOO_LATE = f"It was handed over more than {UNDO_FOR.days} days ago, so it can’t be given back."
NO_STUDIO = "There is no such studio any more."
NO_PERSON = "There is no such person any more."


def hand_over(
    studio_number: int,
    to_user_id: int,
    *,
    by: By,
    reason: str | None = None,
    batch_id: str | None = None,
    draft_makes_room: bool = False,
) -> Change:
    """Within `changing_directory`. `draft_makes_room`: a studio that the person has begun is kept
    in the change for the way back; without it, that is an obstacle. An open claim of that person is
    granted by it. Raises NotFound, and Conflict
    with one sentence for staff."""
    studio, former, person = _locked(studio_number, to_user_id)
    found = obstacle_to(person, studio.id, draft_makes_room=draft_makes_room)
    if found:
        raise Conflict(found.for_staff)
    at, kept, shown = now(), take_away(person.id), studio.show_email
    _move(studio, former.id, person.id, show_email=False)
    studio.updated_at = at
    db.session.flush()
    made = Made(
        ACTION,
        Subject.STUDIO,
        studio.id,
        before={"owner": former.id, SHOWN: shown, DRAFT: kept},
        after={"owner": person.id, SHOWN: False, DRAFT: None},
        studio_number=studio.id,
        user_id=person.id,
        reason=reason,
        batch_id=batch_id,
        at=at,
    )
    change = note_change(made, by=by)
    db.session.flush()
    settle_claim(change, by=by)
    return change


def hand_back(
    change: Change,
    *,
    by: By,
    reason: str | None = None,
    batch_id: str | None = None,
    although_changed: bool = False,
) -> Change:
    """Within `changing_directory`. Undo that hand-over; a draft that made room is there again.
    Raises Conflict where it is too late, where the studio went on to somebody else, and, unless
    `although_changed`, with the list of what was changed since."""
    number, owner, former_id = _parties_of(change)
    if change.at < now() - UNDO_FOR:
        raise Conflict(TOO_LATE)
    studio, person, former = _locked(number, former_id)
    if person.id != owner:
        raise Conflict(AGAIN)
    _require_free(former, number)
    if not although_changed and (since := changed_since(change)):
        raise Conflict(f"This was changed since, so it was not given back: {', '.join(since)}.")
    kept: JsonDict | None = change.before.get(DRAFT)
    _move(studio, person.id, former.id, show_email=bool(change.before.get(SHOWN)))
    if kept:
        put_back(kept)
    made = Made(
        ACTION,
        Subject.STUDIO,
        studio.id,
        before={"owner": person.id},
        after={"owner": former.id},
        studio_number=studio.id,
        user_id=former.id,
        reason=reason,
        batch_id=batch_id,
    )
    return note_change(made, by=by)


def changed_since(change: Change) -> list[str]:
    """What was changed of the studio after that hand-over: names of fields. “the studio”, where it
    was changed and nothing says what."""
    number, _owner, _former = _parties_of(change)
    query = select(Change.after).where(
        Change.studio_number == number,
        Change.at > change.at,
        Change.subject.in_((Subject.STUDIO, Subject.PICTURE)),
    )
    fields = sorted({name for after in db.session.scalars(query) for name in after})
    at = db.session.scalar(select(StudioProfile.updated_at).where(StudioProfile.id == number))
    return fields or (["the studio"] if at and at > change.at else [])


def _parties_of(change: Change) -> tuple[int, int, int]:
    """The studio, whom it was given to, and whom it belonged to before."""
    owner, former = change.after.get("owner"), change.before.get("owner")
    if change.action != ACTION or change.studio_number is None or not owner or not former:
        raise Conflict("This change handed no studio over.")
    return change.studio_number, int(owner), int(former)


def _locked(number: int, to_user_id: int) -> tuple[StudioProfile, User, User]:
    """The studio, its owner and the other person, locked in one order for everybody."""
    query = select(StudioProfile).where(StudioProfile.id == number)
    owner_id = db.session.scalar(query.with_only_columns(StudioProfile.user_id))
    if owner_id is None:
        raise NotFound(NO_STUDIO)
    people = _locked_people(sorted({owner_id, to_user_id}))
    studio = db.session.scalar(
        query.with_for_update(key_share=True).execution_options(populate_existing=True)
    )
    if studio is None or studio.user_id != owner_id:
        raise Conflict(MOVED)
    if to_user_id not in people:
        raise NotFound(NO_PERSON)
    return studio, people[owner_id], people[to_user_id]


def _locked_people(ids: Sequence[int]) -> dict[int, User]:
    query = select(User).where(User.id.in_(ids)).order_by(User.id)
    query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return {each.id: each for each in db.session.scalars(query)}


def _require_free(former: User, number: int) -> None:
    """The former owner can have the studio again, or is a placeholder."""
    query = select(StudioProfile.id).where(StudioProfile.user_id == former.id)
    if db.session.scalar(query) is not None:
        raise Conflict("Whom it belonged to before has another studio by now.")
    account = db.session.get(SiteAccount, former.id, populate_existing=True)
    if account and (account.deletion_due_at or account.blocked_at):
        raise Conflict("The account that it belonged to before is disabled, or to be deleted.")
    if has_reviewed(former.id, number):
        raise Conflict(
            "Whom it belonged to before has reviewed it since. Remove that review first."
        )


def _move(studio: StudioProfile, from_id: int, to_id: int, *, show_email: bool) -> None:
    """With what belongs to the studio by its person: hours, details, restrictions, and which of its
    pictures staff have looked at. Rows that the other person has there by now have no studio."""
    for model in OF_OWNER:
        for stale in db.session.scalars(select(model).filter_by(user_id=to_id)):
            db.session.delete(stale)
        db.session.flush()
        for row in db.session.scalars(select(model).filter_by(user_id=from_id)):
            row.user_id = to_id
    pictures = select(StudioImage.id).where(StudioImage.studio_id == studio.id)
    checks = select(PictureCheck).where(PictureCheck.image_number.in_(pictures))
    for check in db.session.scalars(checks):
        check.user_id = to_id
    studio.user_id, studio.show_email = to_id, show_email
    db.session.flush()
    db.session.expire_all()
