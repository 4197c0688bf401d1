"""Save what an owner typed into a section of the form.

Each field is saved for itself: one that is refused, or was changed elsewhere since, keeps none of
the others from being saved.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy.exc import IntegrityError

from portal.core.clock import now
from portal.core.errors import Conflict
from portal.core.storage.database import changing_directory, db
from portal.directory.history.recording import By
from portal.directory.owners.fields import Field, Value
from portal.directory.owners.input.place import own_coordinates
from portal.directory.owners.noting import CHANGED, note
from portal.directory.owners.own import Own, keep, own_studio_for_change
from portal.directory.owners.publishing import State, state_of
from portal.directory.owners.sections import Section
from portal.directory.owners.versions import Version

AT_ONCE = "Your studio was saved from another window at the same moment, so this was not."
NEEDED = {
    "name": "a name",
    "short_about": "a short text",
    "city": "a city",
    "coordinates": "a city",
    "types": "a type of studio",
}
DELETED = "Staff have deleted this studio. Bring it back first. Nothing was saved."
REMOVED = "The site’s staff have removed your studio, so it can’t be changed. Nothing was saved."
STILL_NEEDED = "A studio that is published needs {}. What was saved before is kept."


@dataclass
class Saved:
    """`stored`: the values of the section after it; `written`: the fields that were saved.
    `others`: what was saved elsewhere, for fields that were also changed here; `refused`: a
    sentence for each field that can't be saved like that."""

    stored: dict[str, Value] = field(default_factory=dict)
    written: set[str] = field(default_factory=set)
    others: dict[str, Value] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)


def save_section(
    user_id: int,
    section: Section,
    typed: Mapping[str, Value],
    *,
    version: Version,
    by: By | None = None,
    reason: str | None = None,
) -> Saved:
    """`typed`: accepted values of the form's fields; `by`: staff, in place of the owner. Raises
    Unavailable, and Conflict where another release's process made the person's studio at the same
    moment."""
    touched = [each for each in section.fields if _is_touched(each, typed, version)]
    try:
        with changing_directory():
            own = own_studio_for_change(user_id)
            if own.is_deleted:
                raise Conflict(REMOVED if by is None else DELETED)
            before = {each.name: each.read(own) for each in touched}
            saved = _save(own, section, touched, typed, version)
            after = {name: saved.stored[name] for name in before}
            note(own, CHANGED, before, after, by=by, reason=reason)
    except IntegrityError:
        raise Conflict(AT_ONCE, remedy="Save it again.") from None
    return saved


def _is_touched(each: Field, typed: Mapping[str, Value], version: Version) -> bool:
    return each.name in typed and version.is_touched(each.name, typed[each.name])


def _save(
    own: Own,
    section: Section,
    touched: list[Field],
    typed: Mapping[str, Value],
    version: Version,
) -> Saved:
    saved = Saved()
    for each in touched:
        value, stored = typed[each.name], each.read(own)
        if value == stored:
            saved.written.add(each.name)
        elif not version.is_current(each.name, stored):
            saved.others[each.name] = stored
        else:
            _write(own, each, value, saved)
    saved.stored = {each.name: each.read(own) for each in section.fields}
    return saved


def _write(own: Own, each: Field, value: Value, saved: Saved) -> None:
    if state_of(own) in {State.PUBLISHED, State.HIDDEN} and (lack := _lack(own, each, value)):
        saved.refused[each.name] = STILL_NEEDED.format(lack)
        return
    keep(own)
    each.write(own, value)
    own.studio.updated_at = now()
    saved.written.add(each.name)
    db.session.flush()


def _lack(own: Own, each: Field, value: Value) -> str | None:
    """What a published studio would lack then."""
    is_given = bool(value.strip() if isinstance(value, str) else value)
    is_placed = (each.name == "city" and own_coordinates(own)) or (
        each.name == "coordinates" and own.studio.city
    )
    return None if is_given or is_placed else NEEDED.get(each.name)
