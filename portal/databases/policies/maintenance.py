"""Maintenance mode: the directory is served read-only, with a banner that says why; so is the
database of another application whose processes obey it.

The control room's record is authoritative for the release gate; a row in the directory itself
informs the processes that serve it, at once and without a query to ops. That row is not content: a
backup does not carry it over, and a restore writes it again.

Code that writes both takes the directory's lock first, which may take time, and reads the record
under it: so no process waits for the directory while it holds the control room's lock.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Column, Connection, String, Table, insert, literal, select

from portal.audit.actor import Actor
from portal.audit.service import record
from portal.core.clock import now
from portal.core.errors import Conflict, Invalid, Refused
from portal.core.storage.database import db
from portal.core.storage.sqlite import SchemaAccess
from portal.databases.engines import engine_for
from portal.databases.engines.beside import MAINTENANCE_TABLE
from portal.databases.engines.sharing import has_table
from portal.databases.policies.held import require_unheld
from portal.databases.targets.config import Target
from portal.databases.targets.identity import judge
from portal.databases.targets.identity_label import metadata
from portal.databases.targets.models import RegisteredTarget
from portal.databases.targets.registry import registered_target

LONGEST_REASON = 200
NOTICE = "The directory can be read at the moment, and nothing in it can be changed."

portal_maintenance = Table(
    MAINTENANCE_TABLE,
    metadata,
    Column("since", String(40), nullable=False),
    Column("because", String(LONGEST_REASON), nullable=False),
)


def begin_maintenance(
    target: Target, *, because: str, by: Actor, operation: str | None = None
) -> None:
    """Serve the target read-only from now. Commits, ops after the directory.

    `operation`: the uuid of the operation that begins it for itself, and ends it.

    Raises Conflict if it is already on or is another application's, Refused unless the identity is
    confirmed, Invalid for a reason that is missing or too long.
    """
    _require_reason(because)
    if not target.obeys_maintenance:
        raise Conflict(
            f"Talkback serves no page of {target.application}, so it can't make it read-only.",
            remedy=f"Stop {target.application} itself while it must not write, or have it call"
            " read_only_in_maintenance, as docs/operator.md shows.",
        )
    _served_as_usual(target)
    with _own_tables(target) as connection:
        row = _served_as_usual(target)
        _write(connection, because)
    row.maintenance_since, row.maintenance_by, row.maintenance_because = now(), by.name, because
    row.maintenance_operation = operation
    record("maintenance.begun", by=by, target=target.name, reason=because)
    db.session.commit()


def end_maintenance(target: Target, *, by: Actor) -> None:
    """Serve the target as usual again. Commits.

    Raises Conflict if it is not on, and while a change runs that relies on it.
    """
    _served_read_only(target)
    with _own_tables(target) as connection:
        row = _served_read_only(target)
        _write(connection, None)
    _note_end(target, row, by=by)


def require_maintenance_unheld(target: Target) -> None:
    """Raises Conflict while a change of the target runs."""
    sentence = f"Maintenance of {target.name} can't be ended while a change holds it"
    require_unheld(target.name, "maintenance.ended", sentence)


def begin_own_maintenance(target: Target, operation: str, *, because: str, by: Actor) -> None:
    """Maintenance mode for one operation. One that a person switched on before is left alone; one
    that a finished operation left on is taken over.
    """
    row = registered_target(target.name)
    if row is None or not row.is_in_maintenance:
        begin_maintenance(target, because=because, by=by, operation=operation)
        return
    if row.maintenance_operation is not None:
        row.maintenance_operation = operation
    db.session.commit()


def end_own_maintenance(target: Target, operation: str, *, by: Actor) -> None:
    """End what this operation began for itself, and nothing else. Commits."""
    if _begun_by(target, operation) is None:
        return
    with _own_tables(target) as connection:
        if row := _begun_by(target, operation):
            _write(connection, None)
    if row:
        _note_end(target, row, by=by)


def _begun_by(target: Target, operation: str) -> RegisteredTarget | None:
    row = registered_target(target.name)
    if row is not None and row.is_in_maintenance and row.maintenance_operation == operation:
        return row
    return None


def _note_end(target: Target, row: RegisteredTarget, *, by: Actor) -> None:
    row.maintenance_since = row.maintenance_by = row.maintenance_because = None
    row.maintenance_operation = None
    record("maintenance.ended", by=by, target=target.name)
    db.session.commit()


def require_announced(target: Target, connection: Connection) -> None:
    """Raises Refused if maintenance mode is on record and the directory does not say so.

    Checked under the lock of a change: then it was ended, or is being ended, as the change began.
    """
    if target.obeys_maintenance and in_maintenance(target) and notice(connection) is None:
        raise Refused(
            f"Maintenance mode of {target.name} is on record, and the directory does not know it.",
            remedy=f"End it and begin it again: flask databases maintenance {target.name} off",
        )


def in_maintenance(target: Target) -> bool:
    row = registered_target(target.name)
    return row is not None and row.is_in_maintenance


def repeat_maintenance(target: Target) -> None:
    """After a restore: write the control room's record into the directory again. Commits what is
    open before it waits for the directory.
    """
    with _own_tables(target) as connection:
        row = registered_target(target.name)
        _write(connection, row.maintenance_because if row and row.is_in_maintenance else None)


def notice(connection: Connection) -> str | None:
    """The notice for visitors while the directory is read-only, read from the directory itself."""
    if not has_table(connection, portal_maintenance.name):
        return None
    return notice_there(connection)


def notice_there(connection: Connection) -> str | None:
    """The same, if its table is known to exist."""
    return (
        NOTICE
        if connection.execute(select(literal(1)).select_from(portal_maintenance)).first()
        else None
    )


@contextmanager
def _own_tables(target: Target) -> Iterator[Connection]:
    """The directory's lock, taken without any lock on ops."""
    db.session.commit()
    with engine_for(target.url).changing(SchemaAccess.OWN_TABLES) as connection:
        yield connection


def _write(connection: Connection, because: str | None) -> None:
    """No table is created if there is nothing to delete."""
    if because is None and notice(connection) is None:
        return
    engine = engine_for(connection.engine.url)
    engine.lead_to_own_tables(connection)
    portal_maintenance.create(connection, checkfirst=True)
    engine.protect(connection)
    connection.execute(portal_maintenance.delete())
    if because is not None:
        row = {"since": now().isoformat(), "because": because}
        connection.execute(insert(portal_maintenance).values(row))


def _served_as_usual(target: Target) -> RegisteredTarget:
    row = _known(target)
    if row.is_in_maintenance:
        raise Conflict(f"{target.name.capitalize()} is in maintenance mode already.")
    return row


def _served_read_only(target: Target) -> RegisteredTarget:
    """Raises Conflict if it is not in maintenance mode, or a running change relies on it."""
    row = _known(target)
    if not row.is_in_maintenance:
        raise Conflict(f"{target.name.capitalize()} is not in maintenance mode.")
    require_maintenance_unheld(target)
    return row


def _known(target: Target) -> RegisteredTarget:
    judgement = judge(target)
    if not judgement.fits or judgement.registered is None:
        raise Refused(judgement.sentence, remedy=judgement.remedy)
    return judgement.registered


def _require_reason(because: str) -> None:
    if not because.strip() or len(because) > LONGEST_REASON:
        raise Invalid(f"Say why, in up to {LONGEST_REASON} characters.")
