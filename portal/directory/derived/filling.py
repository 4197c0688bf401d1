"""Fill derived tables in batches: each batch is complete and stores how far it got."""

from collections.abc import Callable
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, func, select, tuple_

from portal.databases.engines.derived import EMPTYING, NOTHING
from portal.directory.derived.registry import Derived, all_derived
from portal.directory.derived.state import State, existing, locked_states, note_state
from portal.directory.models import StudioProfile

STUDIOS_AT_ONCE = 500
ROWS_AT_ONCE = 5000

Whole = Callable[[Derived], None]


def fill_some(connection: Connection, *, is_whole: Whole = lambda _derived: None) -> bool:
    """Fill one batch of the first incomplete derived table, in the connection's transaction.

    `is_whole` is called with the `Derived` that this batch completed. Returns False when nothing is
    left to do. Tables filled by a newer release's rule are skipped. A kill keeps the committed
    batches; the next call continues after them.
    """
    states = locked_states(connection)
    for derived in existing(connection, all_derived()):
        state = states[derived.name]
        if state.rule < derived.rule or (state.rule == derived.rule and not state.is_whole):
            left = _step(connection, derived, state)
            note_state(connection, left)
            if left.is_whole:
                is_whole(derived)
            return True
    return False


def _step(connection: Connection, derived: Derived, state: State) -> State:
    if state.rule != derived.rule or state.filled_to < NOTHING:
        left = _empty_some(connection, derived)
        return State(derived.name, derived.rule, EMPTYING if left else NOTHING, is_whole=False)
    last = _end_of_batch(connection, state.filled_to)
    if last is None:
        return State(derived.name, derived.rule, state.filled_to, is_whole=True)
    derived.put_in(connection, partial(_between, state.filled_to, last))
    return State(derived.name, derived.rule, last, is_whole=False)


def _between(after: int, last: int, studio_id: Any) -> ColumnElement[bool]:
    return and_(studio_id > after, studio_id <= last)


def _end_of_batch(connection: Connection, after: int) -> int | None:
    batch = (
        select(StudioProfile.id)
        .where(StudioProfile.id > after)
        .order_by(StudioProfile.id)
        .limit(STUDIOS_AT_ONCE)
        .subquery()
    )
    last: int | None = connection.scalar(select(func.max(batch.c.id)))
    return last


def _empty_some(connection: Connection, derived: Derived) -> bool:
    """Delete one batch of rows. Returns whether rows may be left."""
    for table in derived.tables:
        key = list(table.primary_key)
        some = select(*key).limit(ROWS_AT_ONCE)
        if connection.execute(delete(table).where(tuple_(*key).in_(some))).rowcount:
            return True
    return False
