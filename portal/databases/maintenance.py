"""Maintenance mode: the directory is served read-only, with a banner that says why.

The control room's record is the truth for the release gate; a row in the directory itself tells
the processes that serve it, at once and without asking ops. That row is no part of the content: a
backup does not carry it on, and a restore writes it anew.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Column, Connection, String, Table, insert, inspect, select

from portal.audit.actor import Actor
from portal.audit.service import record
from portal.core.clock import now
from portal.core.database import db
from portal.core.errors import Conflict, Invalid, Refused
from portal.databases.engines import engine_for
from portal.databases.engines.base import MAINTENANCE_TABLE
from portal.databases.identity import judge
from portal.databases.labels import metadata
from portal.databases.models import RegisteredTarget
from portal.databases.registry import registered_target
from portal.databases.targets import Target

LONGEST_REASON = 200
NOTICE = "The directory can be read at the moment, and nothing in it can be changed."

portal_maintenance = Table(
    MAINTENANCE_TABLE,
    metadata,
    Column("since", String(40), nullable=False),
    Column("because", String(LONGEST_REASON), nullable=False),
)


def begin_maintenance(target: Target, *, because: str, by: Actor) -> None:
    """Serve the target read-only from now. Commits, ops after the directory.

    Raises Conflict when it is already or is another application's, Refused unless its identity
    fits, Invalid for a reason that is missing or too long.
    """
    _require_reason(because)
    if not target.is_directory:
        raise Conflict(
            f"Talkback serves no page of {target.application}, so it can't make it read-only.",
            way_out=f"Stop {target.application} itself while it must not write.",
        )
    row = _known(target)
    if row.is_in_maintenance:
        raise Conflict(f"{target.name.capitalize()} is in maintenance mode already.")
    _write(target, because)
    row.maintenance_since, row.maintenance_by, row.maintenance_because = now(), by.name, because
    record("maintenance.begun", by=by, target=target.name, reason=because)
    db.session.commit()


def end_maintenance(target: Target, *, by: Actor) -> None:
    """Serve the target as usual again. Commits. Raises Conflict when it is served already."""
    row = _known(target)
    if not row.is_in_maintenance:
        raise Conflict(f"{target.name.capitalize()} is not in maintenance mode.")
    _write(target, None)
    row.maintenance_since = row.maintenance_by = row.maintenance_because = None
    record("maintenance.ended", by=by, target=target.name)
    db.session.commit()


@contextmanager
def maintained(target: Target, *, because: str, by: Actor) -> Iterator[None]:
    """Maintenance mode while the block runs; one that somebody switched on before stays on."""
    was = in_maintenance(target)
    db.session.commit()
    if not was:
        begin_maintenance(target, because=because, by=by)
    try:
        yield
    finally:
        if not was:
            db.session.rollback()
            end_maintenance(target, by=by)


def in_maintenance(target: Target) -> bool:
    row = registered_target(target.name)
    return row is not None and row.is_in_maintenance


def repeat_maintenance(target: Target) -> None:
    """After a restore: tell the directory again what the control room has on record."""
    row = registered_target(target.name)
    _write(target, row.maintenance_because if row and row.is_in_maintenance else None)


def notice(connection: Connection) -> str | None:
    """What visitors are told while the directory is read-only, asked of the directory itself."""
    if not inspect(connection).has_table(portal_maintenance.name):
        return None
    return NOTICE if connection.execute(select(portal_maintenance)).first() else None


def _write(target: Target, because: str | None) -> None:
    """Nothing is made where there is nothing to take away."""
    engine = engine_for(target.url)
    if because is None:
        with engine.reading() as connection:
            if notice(connection) is None:
                return
    with engine.changing() as connection:
        portal_maintenance.create(connection, checkfirst=True)
        engine.protect(connection)
        connection.execute(portal_maintenance.delete())
        if because is not None:
            row = {"since": now().isoformat(), "because": because}
            connection.execute(insert(portal_maintenance).values(row))


def _known(target: Target) -> RegisteredTarget:
    judgement = judge(target)
    if not judgement.fits or judgement.registered is None:
        raise Refused(judgement.sentence, way_out=judgement.way_out)
    return judgement.registered


def _require_reason(because: str) -> None:
    if not because.strip() or len(because) > LONGEST_REASON:
        raise Invalid(f"Say why, in up to {LONGEST_REASON} characters.")
