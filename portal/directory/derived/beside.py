"""Rows about a person or a studio's number, which change what is derived of a studio.

Such as the date of an account's deletion: its table has no `studio_id`. Only derived tables that
follow the table are about them.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Connection, inspect, select
from sqlalchemy.orm import Session

from portal.directory.derived.registry import all_derived
from portal.directory.models import StudioProfile

NUMBER, PERSON = "studio_number", "user_id"
AT_ONCE = 500


def beside_studios(session: Session) -> Iterator[Any]:
    """New, deleted and modified objects of such tables that some derived table follows."""
    followed = {name for each in all_derived() if each.change for name in each.follows}
    modified = (each for each in session.dirty if session.is_modified(each))
    for each in (*session.new, *session.deleted, *modified):
        kind = type(each)
        is_beside = hasattr(kind, NUMBER) or hasattr(kind, PERSON)
        if is_beside and not isinstance(each, StudioProfile) and kind.__tablename__ in followed:
            yield each


def studios_beside(connection: Connection, objects: Iterable[Any]) -> dict[str, set[int]]:
    """The studios that they are about, by derived table."""
    found: dict[str, set[int]] = {}
    people: dict[str, set[int]] = {}
    for each in objects:
        about = NUMBER if hasattr(type(each), NUMBER) else PERSON
        to = found if about == NUMBER else people
        to.setdefault(each.__tablename__, set()).update(_values(each, about))
    for table, ids in people.items():
        found.setdefault(table, set()).update(_of_people(connection, sorted(ids)))
    return {
        derived.name: ids
        for derived in all_derived()
        if derived.change
        and (ids := {one for table in derived.follows for one in found.get(table, ())})
    }


def _values(one: Any, name: str) -> set[int]:
    """What it is about, and was before."""
    history = inspect(one).attrs[name].history
    return {each for each in (getattr(one, name), *history.deleted) if each is not None}


def _of_people(connection: Connection, ids: list[int]) -> Iterator[int]:
    for first in range(0, len(ids), AT_ONCE):
        some = StudioProfile.user_id.in_(ids[first : first + AT_ONCE])
        yield from connection.scalars(select(StudioProfile.id).where(some))
