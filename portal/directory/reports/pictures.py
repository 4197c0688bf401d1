"""Checks of new pictures: shown at once, looked at by staff afterwards, and the way back.

A picture that staff remove leaves the studio's page; its file stays in the store, and its row can
be put back for 30 days.
"""

from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError

from portal.core.clock import now
from portal.core.errors import Conflict, Invalid, NotFound
from portal.core.storage.database import JsonDict, changing_directory, db
from portal.directory.folding import one_line
from portal.directory.history.models import Change, Subject
from portal.directory.history.recording import By, Made, note_change
from portal.directory.messages.queries import is_id
from portal.directory.models import StudioImage, StudioProfile, User
from portal.directory.presentation import UNNAMED
from portal.directory.reports.models import PictureCheck
from portal.directory.uploads.limits import MOST_PICTURES
from portal.directory.users.letters import LetterKind, queue_letter
from portal.directory.users.prepared import is_moderation_prepared

LONGEST_REASON = 300
RETURN_WITHIN = timedelta(days=30)
REMOVED = "picture.removed"
KEPT = ("studio_id", "image_url", "alt_text", "sort_order")
"""What a change keeps of a removed picture, to put it back."""
GONE = "This picture is not on the studio’s page any more, so nothing was changed."
DECIDED = "Somebody has decided on this picture already, so nothing was changed."
NO_WAY_BACK = "This picture can’t be put back any more."
LASTS = timedelta(days=7)


def note_new_picture(user_id: int, number: int) -> None:
    """Within `changing_directory`: the picture waits for staff, unless they have seen it before."""
    if not is_moderation_prepared() or _check_of(number):
        return
    db.session.add(PictureCheck(id=str(uuid4()), user_id=user_id, image_number=number))


def forget_picture(number: int) -> None:
    """Within `changing_directory`: its owner removed it, so staff need not look at it."""
    if not is_moderation_prepared():
        return
    waits = PictureCheck.image_number == number, PictureCheck.decided_at.is_(None)
    query = delete(PictureCheck).where(*waits)
    db.session.execute(query.execution_options(synchronize_session=False))


def accept_picture(check_id: str, *, by: By) -> None:
    """Raises NotFound, and Conflict where somebody else was faster."""
    with changing_directory():
        check = _waiting(check_id)
        _decide(check, by)
        _note("picture.accepted", check, _studio_of(check), {}, {}, by=by)


def reopen_picture(check_id: str, *, by: By) -> None:
    """An accepted picture waits again. Raises NotFound, Conflict for one that was removed."""
    with changing_directory():
        check = _locked(check_id)
        if check.decided_at is None or check.removed_because is not None:
            raise Conflict("This picture is not accepted, so nothing was changed.")
        check.decided_at = check.decided_by = None
        _note("picture.reopened", check, _studio_of(check), {}, {}, by=by)


def remove_picture(check_id: str, because: str, *, by: By) -> None:
    """The owner reads `because`. Raises NotFound, Invalid (field `because`), Conflict."""
    reason = checked_reason(because)
    with changing_directory():
        check = _waiting(check_id)
        _remove(check, _image(check.image_number), reason, by=by)


def remove_reported(number: int, because: str, *, by: By) -> None:
    """Within `changing_directory`: any picture by its number, checked before or not. Raises
    NotFound."""
    image = _image(number)
    check = _check_of(number)
    if check is None:
        check = PictureCheck(id=str(uuid4()), user_id=image.studio.user_id, image_number=number)
        db.session.add(check)
    _remove(check, image, because, by=by)


def put_picture_back(check_id: str, *, by: By) -> None:
    """At its place and by its old number. Raises NotFound, Conflict after 30 days, where the
    studio is full, or where it is there already."""
    try:
        with changing_directory():
            check = _locked(check_id)
            kept = removed_values(check)
            if kept is None:
                raise Conflict(NO_WAY_BACK)
            studio = _studio_with_room(kept)
            number = check.image_number
            db.session.add(StudioImage(id=number, **{name: kept.get(name) for name in KEPT}))
            check.decided_at, check.decided_by, check.removed_because = now(), by.name, None
            _note("picture.returned", check, studio, {}, kept, by=by)
    except IntegrityError as error:
        raise Conflict("This picture is on the studio’s page already.") from error


def removed_values(check: PictureCheck) -> JsonDict | None:
    """The row of a picture that staff removed within the last 30 days."""
    if check.removed_because is None or not _is_recent(check.decided_at):
        return None
    mine = (
        Change.user_id == check.user_id,
        Change.action == REMOVED,
        Change.number == str(check.image_number),
    )
    row = db.session.scalar(select(Change).where(*mine).order_by(Change.at.desc()).limit(1))
    return row.before if row and row.before.get("image_url") else None


def _is_recent(at: datetime | None) -> bool:
    return at is not None and at > now() - RETURN_WITHIN


def checked_reason(because: str) -> str:
    reason = " ".join(because.split())
    if not reason:
        raise Invalid("Say why: the owner reads it.", field="because")
    if len(reason) > LONGEST_REASON:
        raise Invalid(f"At most {LONGEST_REASON} characters, please.", field="because")
    return reason


def _remove(check: PictureCheck, image: StudioImage, reason: str, *, by: By) -> None:
    studio = image.studio
    before: JsonDict = {name: getattr(image, name) for name in KEPT}
    check.user_id = studio.user_id
    check.removed_because = reason
    _decide(check, by)
    db.session.delete(image)
    _note("picture.removed", check, studio, before, {}, by=by, reason=reason)
    owner = db.session.get_one(User, studio.user_id)
    details: JsonDict = {"studio": one_line(studio.name) or UNNAMED, "reason": reason}
    queue_letter(
        LetterKind.PICTURE_REMOVED, owner.email, user_id=owner.id, details=details, lasts=LASTS
    )


def _decide(check: PictureCheck, by: By) -> None:
    check.decided_at, check.decided_by = now(), by.name


def _note(
    action: str,
    check: PictureCheck,
    studio: StudioProfile,
    before: JsonDict,
    after: JsonDict,
    *,
    by: By,
    reason: str | None = None,
) -> None:
    made = Made(
        action,
        Subject.PICTURE,
        check.image_number,
        before,
        after,
        studio_number=studio.id,
        user_id=studio.user_id,
        reason=reason,
    )
    note_change(made, by=by)


def _studio_with_room(kept: JsonDict) -> StudioProfile:
    """Locked, so that two pictures at once never pass the limit."""
    query = select(StudioProfile).where(StudioProfile.id == kept.get("studio_id"))
    studio = db.session.scalar(query.with_for_update())
    if studio is None:
        raise Conflict(NO_WAY_BACK, remedy="Its studio was deleted.")
    mine = StudioImage.studio_id == studio.id
    if (db.session.scalar(select(func.count()).where(mine)) or 0) >= MOST_PICTURES:
        raise Conflict(f"The studio has {MOST_PICTURES} pictures already, and that is the most.")
    return studio


def _waiting(check_id: str) -> PictureCheck:
    check = _locked(check_id)
    if check.decided_at is not None:
        raise Conflict(DECIDED)
    return check


def _locked(check_id: str) -> PictureCheck:
    query = select(PictureCheck).where(PictureCheck.id == check_id).with_for_update()
    query = query.execution_options(populate_existing=True)
    check = db.session.scalar(query) if is_id(check_id) else None
    if check is None:
        raise NotFound(GONE, remedy="Go on with the next one.")
    return check


def _check_of(number: int) -> PictureCheck | None:
    return db.session.scalar(select(PictureCheck).where(PictureCheck.image_number == number))


def _studio_of(check: PictureCheck) -> StudioProfile:
    return _image(check.image_number).studio


def _image(number: int) -> StudioImage:
    image = db.session.get(StudioImage, number, populate_existing=True)
    if image is None:
        raise NotFound(GONE, remedy="Go on with the next one.")
    return image


def undo_decision(check_id: str, *, by: By) -> None:
    """An accepted picture waits again, a removed one is put back. Raises as those do."""
    check = db.session.get(PictureCheck, check_id) if is_id(check_id) else None
    if check and check.removed_because is not None:
        put_picture_back(check_id, by=by)
    else:
        reopen_picture(check_id, by=by)
