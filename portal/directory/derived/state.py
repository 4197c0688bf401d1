"""How far each derived table is filled, and whether it may be used."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sqlalchemy import Connection, select, text, update

from portal.core.storage.database import db
from portal.databases.engines.derived import EMPTYING, derived_state, forget_derived
from portal.databases.engines.sharing import tables_now
from portal.databases.targets.readiness import READINESS, Readiness
from portal.directory.derived.registry import Derived, all_derived

_BEGIN = text(
    "INSERT INTO derived_state (derived, rule, filled_to, is_whole)"
    " VALUES (:derived, :rule, :filled_to, false) ON CONFLICT (derived) DO NOTHING"
)


@dataclass(frozen=True)
class State:
    """`filled_to`: the last studio id that is included, while the table is incomplete."""

    name: str
    rule: int
    filled_to: int
    is_whole: bool


def is_kept(derived: Derived) -> bool:
    """Whether the session's directory has it complete, by this release's rule, as of the start of
    the transaction. False where that is unknown."""
    return is_kept_on(db.session.connection(), derived)


def is_kept_on(connection: Connection, derived: Derived) -> bool:
    standing: Readiness | None = connection.info.get(READINESS)
    if standing is None or not standing.tables.issuperset(each.name for each in derived.tables):
        return False
    return standing.whole.get(derived.name) == derived.rule


def existing(connection: Connection, among: Iterable[Derived]) -> list[Derived]:
    """Those whose tables are there: a directory may be at an earlier revision."""
    tables = set(tables_now(connection))
    return [each for each in among if tables >= {own.name for own in each.tables}]


def locked_states(connection: Connection) -> dict[str, State]:
    """The state of every derived table, including those that only another release knows.

    Locks the rows until the transaction ends, so no other transaction changes derived tables.
    Missing states get a row, so that they can be locked.
    """
    known = sorted(all_derived(), key=lambda each: each.name)
    begun = [{"derived": each.name, "rule": each.rule, "filled_to": EMPTYING} for each in known]
    connection.execute(_BEGIN, begun)
    rows = connection.execute(
        select(derived_state).order_by(derived_state.c.derived).with_for_update()
    )
    return {row.derived: State(row.derived, row.rule, row.filled_to, row.is_whole) for row in rows}


def note_state(connection: Connection, state: State) -> None:
    connection.execute(
        update(derived_state)
        .where(derived_state.c.derived == state.name)
        .values(rule=state.rule, filled_to=state.filled_to, is_whole=state.is_whole)
    )


def forget(connection: Connection, names: set[str]) -> None:
    """Mark them as stale, for this transaction too: readers compute them until they are rebuilt."""
    every = set(locked_states(connection))
    forget_derived(connection, but=frozenset(every - names))
    standing: Readiness | None = connection.info.get(READINESS)
    if standing is not None:
        whole = {name: rule for name, rule in standing.whole.items() if name not in names}
        connection.info[READINESS] = replace(standing, whole=whole)
