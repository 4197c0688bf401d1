"""Take one change of a studio back, where nothing of it has changed since."""

from sqlalchemy import select

from portal.core.clock import now
from portal.core.errors import Conflict, NotFound
from portal.core.storage.database import changing_directory, db
from portal.directory.batches.acts import Case
from portal.directory.batches.fields import field_named
from portal.directory.batches.letters import standing_of, tell_what_ended
from portal.directory.batches.undoing import take_back
from portal.directory.claims.handover import SHOWN
from portal.directory.history.models import Change
from portal.directory.history.reading import is_undoable
from portal.directory.history.recording import By, plain
from portal.directory.models import StudioProfile
from portal.directory.owners.noting import CHANGED, note
from portal.directory.owners.own import Own, own_studio_for_change

GONE = "There is no such change any more."
ANOTHERS = (
    "It says whether visitors see the owner’s email address, and the studio has another owner by"
    " now. Nothing was changed."
)
NOT_ALONE = "This change can’t be taken back here."


def undo_change(change_id: str, *, by: By) -> int:
    """The studio's number. Raises NotFound, and Conflict where something that it changed is another
    by now, or the studio would lack what a published one needs; and where a former owner decided
    whether visitors see their address."""
    with changing_directory():
        change = db.session.get(Change, change_id)
        if change is None or change.studio_number is None:
            raise NotFound(GONE)
        if not is_undoable(change):
            raise Conflict(NOT_ALONE)
        number, own = change.studio_number, _own(change.studio_number)
        if SHOWN in change.before and change.user_id != own.user.id:
            raise Conflict(ANOTHERS, remedy="Edit the studio instead.")
        names = list({**change.before, **change.after})
        before, standing = _values(own, names), standing_of(own)
        case = Case(own, change.reason)
        take_back(case, change)
        own.studio.updated_at = now()
        db.session.flush()
        reason = f"Takes a change of {change.at:%d %B %Y} back."
        note(own, CHANGED, before, _values(own, names), by=by, reason=reason)
        tell_what_ended(case, standing)
    return number


def _own(number: int) -> Own:
    user_id = db.session.scalar(select(StudioProfile.user_id).where(StudioProfile.id == number))
    if user_id is None:
        raise NotFound(GONE)
    return own_studio_for_change(user_id)


def _values(own: Own, names: list[str]) -> dict[str, object]:
    fields = {name: field_named(name) for name in names}
    return {name: plain(each.read(own)) for name, each in fields.items() if each}
