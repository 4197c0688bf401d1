"""Two accounts of one person become one, in one transaction, and two again within 30 days.

The account that is kept has its address and password, and gets what belongs to the other one; the
other is disabled. It lets no one in: the sessions of both end.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.core.clock import now
from portal.core.errors import Conflict, Invalid, NotFound
from portal.core.storage.database import JsonDict, changing_directory, db
from portal.directory.claims.handover import hand_back, hand_over
from portal.directory.claims.obstacles import obstacle_to
from portal.directory.history.models import Change, Subject
from portal.directory.history.recording import By, Made, note_change
from portal.directory.models import StudioProfile, StudioStatus, User
from portal.directory.people.acts import block, checked_reason, locked_person, unblock
from portal.directory.people.moving import (
    marks_of,
    move_plain,
    move_plain_back,
    move_reviews,
    move_reviews_back,
    self_reviews,
)
from portal.directory.people.overview import Person, person_called
from portal.directory.users.access.finding import account_of
from portal.directory.users.access.passwords import end_address_changes, end_resets
from portal.directory.users.account.merged import BECAUSE, MERGED, PARTED
from portal.directory.users.sessions import end_sessions

UNDO_FOR = timedelta(days=30)
BOTH = (
    "Both have a studio, and a person has one. Delete one of the studios, or hand it over, first."
)
AT_ONCE = "One of the accounts saved something at the same moment, so nothing was changed."
OWN = (
    "One of the accounts has reviewed the other’s studio, which would be their own then. Remove"
    " that review first."
)


@dataclass(frozen=True)
class Plan:
    """`obstacles`: sentences; without any, the merge can be carried out."""

    kept: Person
    other: Person
    obstacles: list[str]

    @property
    def moves(self) -> list[str]:
        """In words."""
        found = [f"the studio {self.other.studio_name}"] if self.other.studio else []
        for count, noun in ((self.other.reviews, "review"), (self.other.messages, "message")):
            if count:
                found.append(f"{count} {noun}{'s' * (count != 1)}")
        return [*found, "claims and reports, if there are any"]


def plan_of(number: int, other: int) -> Plan:
    """`number`: the account that is kept. Raises NotFound, Invalid (field `other`)."""
    if number == other:
        raise Invalid("This is the same account. Give the number of the other one.", field="other")
    try:
        second = person_called(other, with_history=False)
    except NotFound:
        raise Invalid("There is no person with this number.", field="other") from None
    first = person_called(number, with_history=False)
    return Plan(first, second, list(_obstacles(first, second)))


def _obstacles(kept: Person, other: Person) -> Iterator[str]:
    for each in (kept, other):
        name = f"{each.name} (number {each.number})"
        if each.is_placeholder:
            yield f"{name} is the placeholder of an imported studio."
        if each.disabled_at:
            yield f"{name} is disabled. Enable the account first."
        if each.deletion_due_at:
            yield f"{name} has asked for the deletion of the account."
    if not kept.is_confirmed:
        yield f"The address of {kept.name} (number {kept.number}), which is kept, is not confirmed."
    if other.studio and kept.studio and not _makes_room(kept, other.studio):
        yield BOTH
    studios = [each.studio.id for each in (kept, other) if each.studio]
    if studios and self_reviews(kept.number, other.number, studios):
        yield OWN


def _makes_room(kept: Person, studio: StudioProfile) -> bool:
    """Whether what the kept account has begun is only a name."""
    if kept.studio is None or kept.studio.status is not StudioStatus.DRAFT:
        return kept.studio is None
    user = db.session.get_one(User, kept.number)
    return obstacle_to(user, studio.id, draft_makes_room=False) is None


@contextmanager
def _changing() -> Iterator[None]:
    """Raises Conflict where one of the two saved something at the same moment, which a unique key
    decides."""
    try:
        with changing_directory():
            yield
    except IntegrityError:
        raise Conflict(AT_ONCE, remedy="Try once more.") from None


def merge_people(number: int, other: int, reason: str, *, by: By) -> None:
    """Raises NotFound, Invalid (fields `other`, `reason`), Conflict with all obstacles."""
    because = checked_reason(reason)
    with _changing():
        plan_of(number, other)
        kept, gone = _locked_both(number, other)
        plan = plan_of(number, other)  # again, under the locks
        if plan.obstacles:
            raise Conflict(" ".join(plan.obstacles), remedy="Nothing was changed.")
        before = _move_all(kept.id, gone.id, plan.other.studio, by=by)
        _close(kept.id, gone.id)
        _note("people.merged", gone.id, before, {"merged into": kept.id}, because, by=by)
        _note("people.merged", kept.id, {}, {"merged with": gone.id}, because, by=by)


def _locked_both(number: int, other: int) -> tuple[User, User]:
    """In the order of their numbers, so that two merges at once don't wait for each other."""
    found = {each: locked_person(each) for each in sorted({number, other})}
    return found[number], found[other]


def _move_all(kept: int, gone: int, studio: StudioProfile | None, *, by: By) -> JsonDict:
    before: JsonDict = {}
    if studio is not None:
        handed = hand_over(
            studio.id, kept, by=by, reason=f"Accounts {kept} and {gone} were merged."
        )
        db.session.flush()
        before["handed over"] = handed.id
    before["reviews"] = move_reviews(gone, kept)
    before["rows"] = move_plain(gone, kept)
    db.session.flush()
    before["marks"] = marks_of(before["reviews"]["moved"])
    return before


def _close(kept: int, gone: int) -> None:
    at = now()
    end_sessions(kept)
    end_resets(kept, at)
    end_address_changes(kept, at)
    block(locked_person(gone), BECAUSE, at=at)


def merged(number: int) -> Change | None:
    """The merge by which this account was disabled, if it can be taken back still."""
    query = select(Change).where(
        Change.user_id == number,
        Change.action.in_((MERGED, PARTED)),
        Change.at > now() - UNDO_FOR,
    )
    found = db.session.scalars(query.order_by(Change.at.desc(), Change.id).limit(5))
    last = next(iter(found), None)
    is_it = last is not None and last.action == MERGED and last.after.get("merged into")
    return last if is_it else None


def part_people(number: int, *, by: By) -> int:
    """Take the merge back by which this account was disabled; returns the other account. Raises
    NotFound, and Conflict where it is too late, or something has changed since."""
    with _changing():
        found = merged(number)
        if found is None:
            raise Conflict("There is no merge of this account within 30 days to take back.")
        kept = int(found.after["merged into"])
        user, _other = locked_person(number), locked_person(kept)
        if account_of(user).blocked_because != BECAUSE:
            raise Conflict("This account was enabled or disabled since, so nothing was changed.")
        unblock(user, account_of(user))
        db.session.flush()
        before: dict[str, Any] = found.before
        _move_back(before, kept, number, by=by)
        _note("people.parted", number, {"merged into": kept}, {"merged into": None}, None, by=by)
        _note("people.parted", kept, {"merged with": number}, {"merged with": None}, None, by=by)
    return kept


def _move_back(before: dict[str, Any], kept: int, number: int, *, by: By) -> None:
    if change_id := before.get("handed over"):
        hand_back(db.session.get_one(Change, change_id), by=by, reason="The merge was taken back.")
        db.session.flush()
    move_reviews_back(before.get("reviews") or {}, before.get("marks") or {}, number)
    move_plain_back(before.get("rows") or {}, kept, number)
    db.session.flush()


def _note(
    action: str, number: int, before: JsonDict, after: JsonDict, reason: str | None, *, by: By
) -> None:
    made = Made(action, Subject.PERSON, number, before, after, user_id=number, reason=reason)
    note_change(made, by=by)
