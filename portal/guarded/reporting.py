"""Reports commands that bypassed the control room to it, if its database is reachable."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from portal.app import create_app
from portal.audit.actor import at_the_console
from portal.audit.service import Outcome, record
from portal.core.configuration.settings import load_settings
from portal.core.storage.database import db
from portal.databases.engines import engine_for
from portal.databases.migrations.applied import note_move
from portal.databases.migrations.history import current_revision
from portal.databases.targets.config import targets
from portal.databases.targets.registry import known_control_room, record_schema, registered_database


def report_refused(target: str, *, command: str, reason: str) -> bool:
    """Record a refused command; False if there is no control room."""
    with _control_room() as is_there:
        if is_there:
            record(
                "migration.refused",
                by=at_the_console(),
                outcome=Outcome.REFUSED,
                target=target,
                details={"command": command},
                reason=reason,
            )
            db.session.commit()
        return is_there


def report_changed(connection: Connection, database_uuid: str, *, command: str) -> None:
    """Record the present state of a development database, so that it does not count as drift."""
    with _control_room() as is_there:
        row = registered_database(database_uuid) if is_there else None
        if row is None:
            return
        revision, before = current_revision(connection), row.revision
        record_schema(row.name, connection, engine_for(connection.engine.url))
        if target := next((each for each in targets() if each.name == row.name), None):
            note_move(target, before, revision, ran="stamp" not in command.split())
        record(
            "migration.finished",
            by=at_the_console(),
            target=row.name,
            details={"command": command, "to": revision},
        )
        db.session.commit()


@contextmanager
def _control_room() -> Iterator[bool]:
    """Inside its application, if its database exists and was set up; nothing is created there."""
    config = load_settings()
    if not engine_for(config.ops_url).exists():
        yield False
        return
    with create_app(config).app_context():
        yield known_control_room() is not None
