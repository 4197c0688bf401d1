"""The import: new and changed studios, in transactions of some rows each.

How far it is is written with the rows themselves, so a process that dies leaves whole transactions,
and the next one goes on behind them. Each row is looked at again under the lock: one that was
imported, claimed or deleted since the dry run is left as it is, with a sentence.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.core.clock import now
from portal.core.errors import Conflict, NotFound
from portal.core.storage.database import JsonDict, changing_directory, db
from portal.directory.claims.models import Origin
from portal.directory.history.models import Batch, Change, ChangedBy, Subject
from portal.directory.history.recording import By, Made, note_change
from portal.directory.imports.columns import EMAIL, KEY
from portal.directory.imports.files import Upload, verdicts_of
from portal.directory.imports.verdicts.checking import PUBLISHED, Checked, Value, Values
from portal.directory.imports.verdicts.judging import (
    CHANGE,
    SKIP,
    Verdict,
    checked_rows,
    what_becomes,
)
from portal.directory.imports.verdicts.known import Known, known_by_key, known_by_number
from portal.directory.imports.writing import (
    Shown,
    differing,
    fields_of,
    fingerprint,
    new_studio,
    put_values,
)
from portal.directory.models import StudioProfile, User

ACTION, RECORDED = "import", "studio.imported"
AT_ONCE, TRIES = 50, 3
SINCE = "since the dry run, so nothing was done with this row."
TWICE = "Another row of this file changed its studio, so nothing was done with this row."
GONE = "The file is not here any more. What was imported stays; the rest was not."
Advance = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Planned:
    """A row that makes a studio, or changes the one with this number."""

    checked: Checked
    number: int | None


def planned(upload: Upload, *, advance: Advance = lambda *_: None) -> list[Planned]:
    """The rows that are imported, in order. Raises NotFound."""
    verdicts = [Verdict.read(each) for each in verdicts_of(upload)]
    rows, _ = checked_rows(upload, advance=advance)
    return [
        Planned(checked, verdict.number if act == CHANGE else None)
        for checked, verdict in zip(rows, verdicts, strict=True)
        if (act := what_becomes(verdict, upload.choices)) != SKIP
    ]


def new_batch(upload: Upload, count: int, *, by: By) -> Batch:
    """Of so many studios. Its id is the file's, so that a file is imported once."""
    details = {"file": upload.name, "count": count, "next": 0, "left": {}, "imported": 0}
    number = by.number or 0
    return Batch(id=upload.id, action=ACTION, details=details, by_number=number, by_name=by.name)


def carry_out(
    upload: Upload, *, advance: Advance, alive: Callable[[], None] = lambda: None
) -> JsonDict | None:
    """What became of it; None where the directory has no such import, as after a restore.

    Raises Unavailable while nothing can be written: it is called again later.
    """
    if db.session.get(Batch, upload.id) is None:
        return None
    db.session.rollback()
    try:
        rows = planned(upload, advance=advance)
    except NotFound:
        return _finish(upload, GONE)
    while (at := _import_next(upload, rows, alive)) < len(rows):
        advance(at, len(rows), "Studios imported")
    advance(len(rows), len(rows), "Studios imported")
    return _finish(upload)


def _import_next(upload: Upload, rows: Sequence[Planned], alive: Callable[[], None]) -> int:
    """Again where another file's import made the same key at the same moment."""
    for _ in range(TRIES):
        with suppress(IntegrityError):
            return _import_some(upload, rows, alive)
    return _import_some(upload, rows, alive)


def _import_some(upload: Upload, rows: Sequence[Planned], alive: Callable[[], None]) -> int:
    """Returns how many rows are done. Commits."""
    with changing_directory():
        batch = _locked(upload.id)
        at = int(batch.details["next"])
        if batch.finished_at:
            return len(rows)
        some = rows[at : at + AT_ONCE]
        left = _import_rows(some, upload, batch)
        done = at + len(some)
        counted = int(batch.details["imported"]) + len(some) - len(left)
        all_left = batch.details["left"] | {str(line): why for line, why in left.items()}
        batch.details = {**batch.details, "next": done, "left": all_left, "imported": counted}
        db.session.flush()
        alive()
    db.session.expunge_all()
    return done


def _locked(batch_id: str) -> Batch:
    return db.session.scalars(select(Batch).where(Batch.id == batch_id).with_for_update()).one()


def _import_rows(rows: Sequence[Planned], upload: Upload, batch: Batch) -> dict[int, str]:
    """The lines of rows that are left as they are, with the reason."""
    by = By(ChangedBy.STAFF, batch.by_number, batch.by_name)
    keys = known_by_key(each.checked.key for each in rows)
    wanted = [each.number for each in rows if each.number is not None]
    numbers, changed = _locked_by_number(wanted), _changed_before(batch, wanted)
    left: dict[int, str] = {}
    for each in rows:
        try:
            if each.number is None:
                _add(each.checked, upload, batch, by, keys.get(each.checked.key))
            elif each.number in changed:
                raise Conflict(TWICE)
            else:
                _change(each.checked, batch, by, numbers.get(each.number), keys)
                changed.add(each.number)
        except Conflict as error:
            left[each.checked.line] = str(error)
    return left


def _locked_by_number(numbers: list[int]) -> dict[int, Known]:
    """Their owners are locked, as by a claim: none changes hands meanwhile."""
    owners = select(StudioProfile.user_id).where(StudioProfile.id.in_(numbers))
    locked = select(User.id).where(User.id.in_(owners)).order_by(User.id)
    db.session.execute(locked.with_for_update(key_share=True)).all()
    return known_by_number(numbers)


def _changed_before(batch: Batch, numbers: Sequence[int]) -> set[int]:
    """By rows above: a file changes a studio once, so that it can be taken back."""
    query = select(Change.studio_number).where(
        Change.batch_id == batch.id, Change.number.in_([str(each) for each in numbers])
    )
    return {each for each in db.session.scalars(query) if each is not None}


def _add(checked: Checked, upload: Upload, batch: Batch, by: By, known: Known | None) -> None:
    if known is not None:
        raise Conflict(f"Its key was imported {SINCE}")
    options = upload.chosen
    shown = Shown(options.shows_phone, options.shows_address)
    studio = new_studio(checked, is_published=checked.status == PUBLISHED, shown=shown)
    db.session.add(
        Origin(
            user_id=studio.user_id,
            studio_number=studio.id,
            key=checked.key,
            email=checked.email,
            fingerprint=fingerprint(checked),
            batch_id=batch.id,
        )
    )
    after = fields_of(studio, checked.values) | {
        "status": studio.status.value,
        "is_profile_visible": studio.is_profile_visible,
    }
    _note(studio, batch, by, {}, after)


def _change(
    checked: Checked, batch: Batch, by: By, known: Known | None, keys: dict[str, Known]
) -> None:
    studio = known.studio if known else None
    if known is None or studio is None or known.is_deleted:
        raise Conflict(f"Its studio was deleted {SINCE}")
    if known.has_owner:
        raise Conflict(f"Its studio was claimed {SINCE}")
    other = keys.get(checked.key)
    if other and other.origin.studio_number != studio.id:
        raise Conflict(f"Its key was imported {SINCE}")
    old, values = differing(checked, studio, known.origin)
    before = fields_of(studio, values) | _address_in(old) | {KEY: known.origin.key}
    put_values(studio, values)
    studio.updated_at = now()
    known.origin.key, known.origin.fingerprint = checked.key, fingerprint(checked)
    known.origin.email = checked.email or known.origin.email
    known.origin.batch_id, known.origin.imported_at = batch.id, now()
    db.session.flush()
    _note(
        studio,
        batch,
        by,
        before,
        fields_of(studio, values) | _address_in(values) | {KEY: checked.key},
    )


def _address_in(values: Values) -> Values:
    return {EMAIL: values[EMAIL]} if EMAIL in values else {}


def _note(
    studio: StudioProfile,
    batch: Batch,
    by: By,
    before: dict[str, Value],
    after: dict[str, Value],
) -> None:
    made = Made(
        action=RECORDED,
        subject=Subject.STUDIO,
        number=studio.id,
        before=before,
        after=after,
        studio_number=studio.id,
        user_id=studio.user_id,
        batch_id=batch.id,
    )
    note_change(made, by=by)


def _finish(upload: Upload, stopped: str | None = None) -> JsonDict:
    with changing_directory():
        batch = _locked(upload.id)
        numbers = select(Change.studio_number).where(Change.batch_id == batch.id)
        found = db.session.scalars(numbers.order_by(Change.studio_number))
        if batch.finished_at is None:
            batch.numbers = [each for each in found if each is not None]
            batch.finished_at = now()
            batch.details = batch.details | ({"stopped": stopped} if stopped else {})
        kept = batch.details
        return {
            "count": kept["imported"],
            "left": kept["left"],
            "stopped": kept.get("stopped"),
        }
