"""Letters in a directory: read with its identity, and deleted once their delivery is settled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, delete, select

from portal.core.storage.database import JsonDict
from portal.databases.engines import engine_for
from portal.databases.public_version.version import note_unseen
from portal.databases.targets.config import Target
from portal.databases.targets.identity import require_fit
from portal.directory.unattended.permission import is_writable, why_not_now
from portal.directory.unattended.waiting import letters
from portal.jobs.operations.recovery import read_and_release


@dataclass(frozen=True)
class StoredLetter:
    """A row as plain values, with the identity of the database that it was read from."""

    uuid: str
    database_uuid: str
    kind: str
    email: str
    user_id: int | None
    about: str | None
    details: JsonDict
    created_at: datetime
    expires_at: datetime


def read_letters(target: Target, ids: Sequence[str]) -> list[StoredLetter]:
    """Those that are still there, the oldest first. No lock is held afterwards.

    Raises Refused for a database that is not the registered one.
    """
    with read_and_release(), engine_for(target.url).reading() as connection:
        judgement = require_fit(target, connection)
        database_uuid = judgement.label.database_uuid if judgement.label else ""
        return [_stored(row, database_uuid) for row in _rows(connection, ids)]


def delete_letters(target: Target, ids: Sequence[str]) -> bool:
    """False, and nothing was deleted, while nothing may be written there: they are found again.

    Ends the session's transaction.
    """
    with read_and_release():
        if why_not_now(target) is not None:
            return False
    with engine_for(target.url).changing() as connection:
        if not is_writable(connection):
            return False
        connection.execute(delete(letters).where(letters.c.id.in_(ids)))
        note_unseen(connection)
    return True


def _rows(connection: Connection, ids: Sequence[str]) -> Sequence[RowMapping]:
    query = select(letters).where(letters.c.id.in_(ids))
    found = connection.execute(query.order_by(letters.c.created_at, letters.c.id))
    return found.mappings().all()


def _stored(row: RowMapping, database_uuid: str) -> StoredLetter:
    details = row["details"]
    return StoredLetter(
        uuid=row["id"],
        database_uuid=database_uuid,
        kind=row["kind"],
        email=row["email"],
        user_id=row["user_id"],
        about=row["about"],
        details=details if isinstance(details, dict) else {},
        created_at=row["created_at"],
        expires_at=row["expires_at"],
    )
