"""What an owner can change: how each value is read from the studio and written to it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from portal.core.storage.database import db
from portal.directory.models import (
    CONNECTIONS,
    Service,
    StudioService,
    StudioStudioType,
    StudioType,
)
from portal.directory.owners.input.hours import DAYS, Span, read_hours, written_hours
from portal.directory.owners.input.place import own_coordinates, put_city, put_coordinates
from portal.directory.owners.models import StudioHours
from portal.directory.owners.own import Own, keep_details

Value = str | int | bool | tuple[str, ...] | None
AREA, ADDRESS, EXACT = "area", "address", "exact"
SERVICES = {each.value: each for each in Service}


@dataclass(frozen=True)
class Field:
    """`write` is called with a value that the form has accepted."""

    name: str
    read: Callable[[Own], Value]
    write: Callable[[Own, Any], None]


def text(name: str) -> Field:
    """A column of text; an empty text is none."""
    return Field(name, lambda own: getattr(own.studio, name) or "", partial(_put_text, name))


def _put_text(name: str, own: Own, value: str) -> None:
    setattr(own.studio, name, value or ("" if name == "name" else None))


def number(name: str) -> Field:
    def put(own: Own, value: int | None) -> None:
        setattr(own.studio, name, value)

    return Field(name, lambda own: getattr(own.studio, name), put)


def flag(name: str) -> Field:
    def put(own: Own, value: bool) -> None:
        setattr(own.studio, name, value)

    return Field(name, lambda own: bool(getattr(own.studio, name)), put)


def _in_details(name: str, nothing: Value) -> Field:
    def put(own: Own, value: Value) -> None:
        keep_details(own)
        setattr(own.details, name, None if value == "" else value)

    def read(own: Own) -> Value:
        found: Value = getattr(own.details, name)
        return nothing if found is None else found

    return Field(name, read, put)


def _types(own: Own) -> Value:
    return tuple(sorted(each.studio_type.value for each in own.studio.types))


def _put_types(own: Own, chosen: tuple[str, ...]) -> None:
    own.studio.types = [
        *(each for each in own.studio.types if each.studio_type.value in chosen),
        *(
            StudioStudioType(studio_type=StudioType(each))
            for each in chosen
            if each not in _known(own)
        ),
    ]


def _known(own: Own) -> set[str]:
    return {each.studio_type.value for each in own.studio.types}


def connections_of(own: Own) -> tuple[str, ...]:
    """Services and ticked connections, each once, as the studio's page lists them."""
    services = {each.service.value for each in own.studio.services}
    ticked = enumerate(CONNECTIONS, start=1)
    return tuple(
        name for at, name in ticked if getattr(own.studio, f"connection{at}") or name in services
    )


def _put_connections(own: Own, chosen: tuple[str, ...]) -> None:
    """Only what is ticked or unticked changes; both columns and rows follow."""
    before = connections_of(own)
    for at, name in enumerate(CONNECTIONS, start=1):
        if (name in chosen) != (name in before):
            setattr(own.studio, f"connection{at}", name in chosen)
    gone = set(before) - set(chosen)
    services = [each for each in own.studio.services if each.service.value not in gone]
    added = [SERVICES[each] for each in chosen if each in SERVICES and each not in before]
    own.studio.services = [*services, *(StudioService(service=each) for each in added)]


def _shown(own: Own) -> Value:
    if not own.studio.show_address:
        return AREA
    return EXACT if own.studio.use_coordinates_for_map else ADDRESS


def _put_shown(own: Own, value: str) -> None:
    own.studio.show_address = value != AREA
    own.studio.use_coordinates_for_map = value == EXACT


def _day(weekday: int) -> Field:
    def read(own: Own) -> Value:
        mine = (each for each in own.hours if each.weekday == weekday)
        return written_hours(tuple(Span(each.opens, each.closes) for each in mine))

    return Field(DAYS[weekday].lower(), read, partial(_put_day, weekday))


def _put_day(weekday: int, own: Own, value: str) -> None:
    wanted = set(read_hours(value))
    for each in [row for row in own.hours if row.weekday == weekday]:
        if (each.opens, each.closes) in wanted:
            wanted.discard(Span(each.opens, each.closes))
        else:
            own.hours.remove(each)
            db.session.delete(each)
    db.session.flush()  # the rows that are gone first: a day's openings are unique
    for opens, closes in sorted(wanted):
        row = StudioHours(user_id=own.user.id, weekday=weekday, opens=opens, closes=closes)
        own.hours.append(row)
        db.session.add(row)


TYPES = Field("types", _types, _put_types)
LINKED = Field("connections", lambda own: tuple(sorted(connections_of(own))), _put_connections)
CITY = Field("city", lambda own: own.studio.city or "", put_city)
COORDINATES = Field("coordinates", own_coordinates, put_coordinates)
SHOWN = Field("shown", _shown, _put_shown)
WEEK = tuple(_day(weekday) for weekday, _ in enumerate(DAYS))
ZONE = _in_details("zone", "")
HOURS_NOTE = _in_details("hours_note", "")
TAKES_MESSAGES = _in_details("takes_messages", True)
