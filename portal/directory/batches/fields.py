"""What an action changes of a studio: read as JSON keeps it, and written back from that."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.core.storage.database import db
from portal.directory.claims.models import Origin, StudioRestriction
from portal.directory.history.recording import plain
from portal.directory.models import StudioProfile, StudioStatus, VerificationLevel
from portal.directory.owners.own import Own, keep_details
from portal.directory.owners.sections import SECTIONS


@dataclass(frozen=True)
class Kept:
    """`load`: from a JSON value that is not null."""

    read: Callable[[Own], Any]
    write: Callable[[Own, Any], None]
    load: Callable[[Any], Any] = lambda value: value


def _column(name: str, load: Callable[[Any], Any] = bool) -> Kept:
    def write(own: Own, value: Any) -> None:
        setattr(own.studio, name, value)

    return Kept(lambda own: getattr(own.studio, name), write, load)


def _time_of_details(name: str) -> Kept:
    def write(own: Own, value: Any) -> None:
        if value is not None or own.details in db.session:
            keep_details(own)
            setattr(own.details, name, value)

    return Kept(lambda own: getattr(own.details, name), write, datetime.fromisoformat)


def _of_restriction(name: str, load: Callable[[Any], Any]) -> Kept:
    def write(own: Own, value: Any) -> None:
        if own.restriction is None:
            own.restriction = StudioRestriction(user_id=own.user.id, former={})
            db.session.add(own.restriction)
        setattr(own.restriction, name, value)

    def read(own: Own) -> Any:
        return getattr(own.restriction, name) if own.restriction else None

    return Kept(read, write, load)


FIELDS: dict[str, Kept] = {
    "status": _column("status", StudioStatus),
    "is_profile_visible": _column("is_profile_visible"),
    "is_verified": _column("is_verified"),
    "verification_level": _column("verification_level", VerificationLevel),
    "is_featured": _column("is_featured"),
    "published_at": _time_of_details("published_at"),
    "hidden_by_owner_at": _time_of_details("hidden_at"),
    "hidden_by_staff_at": _of_restriction("hidden_at", datetime.fromisoformat),
    "deleted_at": _of_restriction("deleted_at", datetime.fromisoformat),
    "because": _of_restriction("because", str),
}
FORMER = _of_restriction("former", dict)
"""Not in the history: what it holds is there."""
OF_FORMS = {each.name: each for section in SECTIONS for each in section.fields}
COLUMNS = frozenset(StudioProfile.__table__.columns.keys()) - {
    *("id", "user_id", "created_at", "updated_at")
}
OF_ORIGIN = frozenset({"email", "key"})
"""Of an imported studio: its known address, and what its list calls it."""
DECIMALS = 6


def field_named(name: str) -> Kept | None:
    """Of actions, of a column, or of a form; None for one that this release does not know."""
    if found := FIELDS.get(name):
        return found
    if name in COLUMNS:
        return _column(name, lambda value: value)
    if name in OF_ORIGIN:
        return _of_origin(name)
    if typed := OF_FORMS.get(name):
        return Kept(typed.read, typed.write, _as_typed)
    return None


def read_fields(own: Own) -> dict[str, Any]:
    """Of those that actions change."""
    return {name: each.read(own) for name, each in FIELDS.items()}


def differing(own: Own, expected: Mapping[str, Any]) -> list[str]:
    """The names of fields whose values are others by now, and of those that are not known."""
    return [name for name, value in expected.items() if not _is_as(own, name, value)]


def _is_as(own: Own, name: str, value: Any) -> bool:
    field = field_named(name)
    return field is not None and _alike(plain(field.read(own))) == _alike(value)


def _alike(value: Any) -> Any:
    """No text is an empty one; a point is as exact as it is written; choices have no order."""
    if isinstance(value, float):
        return round(value, DECIMALS)
    if isinstance(value, list | tuple):
        return sorted(value, key=str)
    return "" if value is None else value


def put_back(own: Own, values: Mapping[str, Any]) -> None:
    """Raises ValueError for a value that can't be one of its field."""
    for name, value in values.items():
        if field := field_named(name):
            field.write(own, None if value is None else field.load(value))


def _of_origin(name: str) -> Kept:
    def read(own: Own) -> Any:
        return getattr(db.session.get(Origin, own.user.id), name, None)

    def write(own: Own, value: Any) -> None:
        if origin := db.session.get(Origin, own.user.id):
            setattr(origin, name, value)

    return Kept(read, write)


def _as_typed(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
