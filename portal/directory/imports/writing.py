"""Imported values, as they are written to a studio and read from it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from portal.core.clock import now
from portal.core.storage.database import db
from portal.directory.claims.models import Origin
from portal.directory.claims.placeholders import new_placeholder
from portal.directory.imports.columns import LINKED, TYPES
from portal.directory.imports.verdicts.checking import Checked, Value, Values
from portal.directory.models import (
    StudioProfile,
    StudioStatus,
    StudioStudioType,
    StudioType,
    User,
)
from portal.directory.owners.fields import LINKED as CONNECTED
from portal.directory.owners.fields import TYPES as OF_TYPES
from portal.directory.owners.models import StudioDetails
from portal.directory.owners.own import FLAGS, Own
from portal.directory.owners.sections import SECTIONS

DECIMALS = 6
FIELDS = {each.name: each for section in SECTIONS for each in section.fields}
DEGREES = frozenset({"latitude", "longitude"})


@dataclass(frozen=True)
class Shown:
    """What visitors see of new studios, where the file gives it."""

    phone: bool = False
    address: bool = False


def fingerprint(checked: Checked) -> str:
    """Of what the file says of the studio."""
    said = {name: checked.values[name] for name in sorted(checked.values)} | {"": checked.email}
    return sha256(json.dumps(said, ensure_ascii=True).encode()).hexdigest()


def differing(checked: Checked, studio: StudioProfile, origin: Origin) -> tuple[Values, Values]:
    """What an update changes: the values before and after. A cell that is empty changes nothing,
    nor does the middle of the city where the studio has a point of its own."""
    after = dict(checked.values)
    if not checked.is_placed and after.get("city") == (studio.city or ""):
        after = {name: value for name, value in after.items() if name not in DEGREES}
    before = values_of(studio, after)
    changed = [name for name, value in after.items() if _plain(value) != _plain(before[name])]
    old = {name: before[name] for name in changed}
    new = {name: after[name] for name in changed}
    if checked.email and checked.email != origin.email:
        old, new = old | {"email": origin.email}, new | {"email": checked.email}
    return old, new


def values_of(studio: StudioProfile, names: Iterable[str]) -> Values:
    own = _own_of(studio)
    return {name: _value(own, name) for name in names}


def fields_of(studio: StudioProfile, values: Iterable[str]) -> Values:
    """Of these values: as the history names and keeps them, with the owners' field for a point."""
    own = _own_of(studio)
    names = dict.fromkeys("coordinates" if each in DEGREES else each for each in values)
    return {
        name: FIELDS[name].read(own)
        for name in sorted(names, key=lambda each: each == "coordinates")
        if name in FIELDS
    }


def put_values(studio: StudioProfile, values: Mapping[str, Value]) -> None:
    """`values`: by the names of `Checked.values`, as `values_of` gives them."""
    own = _own_of(studio)
    for name, value in values.items():
        if name == TYPES:
            OF_TYPES.write(own, value or ())
        elif name == LINKED:
            CONNECTED.write(own, value or ())
        elif name != "email":
            setattr(studio, name, "" if name == "name" and value is None else value)


def lacks(checked: Checked) -> list[str]:
    """What a studio of these values needs before it can be published."""
    studio = _blank()
    given = {name: value for name, value in checked.values.items() if name not in {TYPES, LINKED}}
    for name, value in given.items():
        setattr(studio, name, value)
    studio.types = [
        StudioStudioType(studio_type=StudioType(each)) for each in _words(checked.values.get(TYPES))
    ]
    own = _own_of(studio)
    return [lack for each in SECTIONS for lack in each.lacks(own)]


def new_studio(checked: Checked, *, is_published: bool, shown: Shown) -> StudioProfile:
    """Within `changing_directory`; flushed. It belongs to a placeholder of its own."""
    user = new_placeholder(checked.name)
    studio = _blank()
    studio.user_id = user.id
    studio.show_phone = shown.phone and "phone" in checked.values
    studio.show_address = shown.address and "full_address" in checked.values
    details = StudioDetails(user_id=user.id, takes_messages=False)
    if is_published:
        studio.status, studio.is_profile_visible = StudioStatus.ACTIVE, True
        details.published_at = now()
    put_values(studio, checked.values)
    db.session.add_all((studio, details))
    db.session.flush()
    return studio


def _blank() -> StudioProfile:
    """A draft; rates are shown once there are any."""
    flags = dict.fromkeys(FLAGS, False) | {"show_rates": True}
    return StudioProfile(name="", status=StudioStatus.DRAFT, **flags)


def _own_of(studio: StudioProfile) -> Own:
    return Own(User(), studio, StudioDetails())


def _value(own: Own, name: str) -> Value:
    if name == TYPES:
        return tuple(OF_TYPES.read(own))  # type: ignore[arg-type]
    if name == LINKED:
        return tuple(CONNECTED.read(own))  # type: ignore[arg-type]
    found: Value = getattr(own.studio, name)
    return found


def _words(value: Value) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else ()


def _plain(value: Value) -> Value:
    """For comparison: no text is an empty one, and a point is as exact as it is written."""
    if isinstance(value, float):
        return round(value, DECIMALS)
    if isinstance(value, tuple):
        return tuple(sorted(value))
    return value if value is not None else ""
