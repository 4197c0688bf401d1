"""Changes as a program makes them: a connection under the lock, and a permission in hand."""

from datetime import timedelta
from typing import Any

from alembic import command
from sqlalchemy import Connection

from portal.core.clock import now
from portal.core.storage.database import db
from portal.core.storage.sqlite import SchemaAccess
from portal.databases.backups.models import Backup
from portal.databases.changes.models import Plan, Ticket, TicketState
from portal.databases.changes.plan import seal_of
from portal.databases.engines import engine_for
from portal.databases.migrations import history
from portal.databases.migrations.guard import REQUEST, MigrationRequest
from portal.databases.migrations.history import History, current_revision
from portal.databases.targets.config import Target
from portal.databases.targets.identity_label import read_label


def approved_ticket(target: Target, *, number: str = "T-1", **changed: Any) -> Ticket:
    """A ticket with both confirmations, for what is pending; `changed` are columns of its plan."""
    plan = Plan(**{**_facts(target), **changed})
    db.session.add(plan)
    db.session.flush()
    plan.seal = seal_of(plan)
    ticket = Ticket(
        number=number,
        plan=plan,
        seal=plan.seal,
        state=TicketState.APPROVED,
        prepared_by_id=2,
        prepared_by="omar",
        prepared_at=now(),
        expires_at=now() + timedelta(hours=1),
    )
    db.session.add(ticket)
    db.session.commit()
    return ticket


def change(target: Target, *, to: str = "head", what: Any = command.upgrade, **given: Any) -> None:
    """Run a command on the target's own connection and commit, with the fields of a request."""
    with engine_for(target.url).changing(SchemaAccess.SCRATCH) as connection:
        change_on(connection, to=to, what=what, **given)
    db.session.commit()


def change_on(
    connection: Connection, *, to: str = "head", what: Any = command.upgrade, **given: Any
) -> None:
    config = History(history.FOLDER).config()
    config.attributes.update({"connection": connection, REQUEST: MigrationRequest(**given)})
    what(config, to)


def _facts(target: Target) -> dict[str, Any]:
    engine = engine_for(target.url)
    with engine.reading() as connection:
        label, revision = read_label(connection), current_revision(connection)
        digest = engine.structure_digest(connection)
    assert label
    waiting = target.history.pending(revision)
    return {
        "target": target.name,
        "database_uuid": label.database_uuid,
        "from_revision": revision,
        "to_revision": waiting[-1].id,
        "revisions": [{"id": each.id, "sha256": each.sha256} for each in waiting],
        "statements": ["ALTER TABLE …"],
        "schema_digest": digest,
        "invariants": [],
        "objects": {"compared": 0, "tables": 0, "unnamed": []},
        "counts": {},
        "warnings": [],
        "rehearsal_seconds": 0.1,
        "way_back": "Restore the backup.",
        "backup": _backup(target, label.database_uuid),
        "sealed_by": "omar",
        "sealed_at": now(),
        "expires_at": now() + timedelta(hours=24),
        "seal": "",
    }


def _backup(target: Target, database_uuid: str) -> Backup:
    return Backup(
        name=f"backup-{now().timestamp()}",
        target=target.name,
        database_uuid=database_uuid,
        file="backup.sqlite3",
        sha256="0" * 64,
        size=1,
        counts={},
        content_digest="0" * 64,
        reason="a test",
        taken_by="omar",
        taken_at=now(),
        seconds=0.1,
        proven_at=now(),
    )
