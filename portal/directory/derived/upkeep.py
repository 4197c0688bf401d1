"""Update derived tables in the transaction of a change.

Before a flush of the session, the studios that it changes are taken out of the derived tables;
after it they are put back with their new values. Statements that change rows without objects, such
as `update(Review)`, mark everything derived from their table as stale: it is computed on each read
until the worker has rebuilt it. SQL that bypasses the session is found by the worker's daily
comparison.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, event, inspect, select
from sqlalchemy.orm import ORMExecuteState, Session

from portal.core.storage.database import db
from portal.databases.engines.derived import STATE_TABLE, has_state
from portal.databases.targets.readiness import READINESS, Readiness
from portal.directory.derived.beside import beside_studios, studios_beside
from portal.directory.derived.registry import Derived, all_derived
from portal.directory.derived.state import State, forget, locked_states
from portal.directory.models import Review, StudioProfile, User

NOTED = "directory.derived"
IDS_AT_ONCE = 500
CASCADING = frozenset({"users", "studio_profiles"})


@dataclass
class _Noted:
    """For one flush: the studios that were taken out, the tables affected, and their state; what
    was there before, by table and studio; and studios that only some tables are about, by
    table."""

    ids: set[int]
    kept: list[tuple[Derived, State]] = field(default_factory=list)
    before: dict[str, dict[int, Any]] = field(default_factory=dict)
    more: dict[str, set[int]] = field(default_factory=dict)


@event.listens_for(db.session, "before_flush")
def take_out(session: Session, *_more: Any) -> None:
    session.info.pop(NOTED, None)
    changed, beside = list(_changed(session)), list(beside_studios(session))
    if not (changed or beside) or not has_derived(connection := _directory(session)):
        return
    kept = _kept(connection)  # from here on the derived tables are locked
    ids = {each for one in changed for each in _studios_of(one)} | _stored(connection, changed)
    ids |= _reached_by(connection, [each for each in session.deleted if isinstance(each, User)])
    noted = _Noted(ids, kept, more=studios_beside(connection, beside))
    session.info[NOTED] = noted
    _each(connection, noted, ids, take=True)


@event.listens_for(db.session, "after_flush")
def put_in(session: Session, *_more: Any) -> None:
    noted: _Noted | None = session.info.pop(NOTED, None)
    if noted is None:
        return
    connection, now = _directory(session), set[int]()
    for each in session.new:
        now |= _studios_of(each)
    made = {each.id for each in session.new if isinstance(each, StudioProfile)}
    if now - noted.ids - made:  # the studio was unknown before the flush
        forget(connection, {derived.name for derived, _ in noted.kept})
        return
    for name, ids in studios_beside(connection, beside_studios(session)).items():
        noted.more.setdefault(name, set()).update(ids)
    _each(connection, noted, noted.ids | now, take=False)


@event.listens_for(db.session, "do_orm_execute")
def forget_what_follows(state: ORMExecuteState) -> None:
    """Mark derived tables as stale after a bulk statement of the session.

    A delete also affects the tables that cascade from its rows.
    """
    if not (state.is_insert or state.is_update or state.is_delete):
        return
    table = getattr(state.statement, "table", None)
    name = table.name if isinstance(table, Table) else None
    names = {
        each.name
        for each in all_derived()
        if name in each.follows or (state.is_delete and name in CASCADING)
    }
    if names and has_derived(connection := _directory(state.session)):
        forget(connection, names | _unknown(locked_states(connection)))


def has_derived(connection: Connection) -> bool:
    """Whether the derived tables exist, as of the start of the transaction."""
    standing: Readiness | None = connection.info.get(READINESS)
    if standing is not None:
        return STATE_TABLE in standing.tables
    return has_state(connection)


def _kept(connection: Connection) -> list[tuple[Derived, State]]:
    """Derived tables by this release's rule; those made by another release's rule become stale."""
    states, known = locked_states(connection), all_derived()
    newer = {each.name for each in known if states[each.name].rule > each.rule}
    if others := newer | _unknown(states):
        forget(connection, others)
    return [(each, states[each.name]) for each in known if states[each.name].rule == each.rule]


def _unknown(states: dict[str, State]) -> set[str]:
    return set(states) - {each.name for each in all_derived()}


def _each(connection: Connection, noted: _Noted, ids: set[int], *, take: bool) -> None:
    for derived, state in noted.kept:
        every = ids | noted.more.get(derived.name, set())
        held = sorted(each for each in every if state.is_whole or each <= state.filled_to)
        for first in range(0, len(held), IDS_AT_ONCE):
            some = held[first : first + IDS_AT_ONCE]
            (_take if take else _put)(connection, noted, derived, some)


def _take(connection: Connection, noted: _Noted, derived: Derived, ids: list[int]) -> None:
    stood = derived.take_out(connection, partial(_among, ids))
    noted.before.setdefault(derived.name, {}).update(stood or {})


def _put(connection: Connection, noted: _Noted, derived: Derived, ids: list[int]) -> None:
    if derived.change is None:
        derived.put_in(connection, partial(_among, ids))
        return
    stood = noted.before.setdefault(derived.name, {})
    late = noted.more.get(derived.name, set()).difference(noted.ids, stood).intersection(ids)
    if late:
        stood.update(derived.take_out(connection, partial(_among, sorted(late))) or {})
    before = {each: stood[each] for each in ids if each in stood}
    derived.change(connection, partial(_among, ids), before)


def _among(ids: list[int], studio_id: ColumnElement[int]) -> ColumnElement[bool]:
    return studio_id.in_(ids)


def _directory(session: Session) -> Connection:
    return session.connection(bind_arguments={"mapper": inspect(StudioProfile)})


def _changed(session: Session) -> Iterator[Any]:
    """New, deleted and modified objects of the directory that may affect derived tables."""
    modified = (each for each in session.dirty if session.is_modified(each))
    for each in (*session.new, *session.deleted, *modified):
        is_gone = isinstance(each, User) and each in session.deleted
        if is_gone or isinstance(each, StudioProfile) or hasattr(type(each), "studio_id"):
            yield each


def _studios_of(one: Any) -> set[int]:
    """The studios that the object belongs to, or belonged to before it was moved."""
    if isinstance(one, StudioProfile):
        return {one.id} if one.id is not None else set()
    if not hasattr(type(one), "studio_id"):
        return set()
    looked = inspect(one)
    found = {one.studio_id, *looked.attrs.studio_id.history.deleted}
    if (studio := looked.dict.get("studio")) is not None:
        found.add(studio.id)
    return {each for each in found if each is not None}


def _stored(connection: Connection, changed: Iterable[Any]) -> set[int]:
    """The studios that these objects' rows belong to in the database.

    An object may not have loaded its studio, or another transaction may have moved its row since.
    """
    rows: dict[Any, list[int]] = {}
    for each in changed:
        if hasattr(type(each), "studio_id") and (identity := inspect(each).identity):
            rows.setdefault(type(each), []).append(identity[0])
    return {
        studio_id
        for kind, ids in rows.items()
        for first in range(0, len(ids), IDS_AT_ONCE)
        for studio_id in connection.scalars(
            select(kind.studio_id).where(kind.id.in_(ids[first : first + IDS_AT_ONCE]))
        )
    }


def _reached_by(connection: Connection, people: Iterable[User]) -> set[int]:
    """Studios that lose rows when these people are deleted, including by cascade."""
    ids = [each.id for each in people]
    if not ids:
        return set()
    own = select(StudioProfile.id).where(StudioProfile.user_id.in_(ids))
    rated = select(Review.studio_id).where(Review.reviewer_id.in_(ids) | Review.owner_id.in_(ids))
    return set(connection.scalars(own)) | set(connection.scalars(rated))
