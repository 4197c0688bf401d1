"""The end of a block: what ops keeps of it is forgotten, so that no later restore blocks again.

A restore of a backup from the time of the block brings the block back with all else of that time.
"""

from collections.abc import Sequence

from sqlalchemy import RowMapping, delete

from portal.core.storage.database import db
from portal.directory.users.ended import EndedKind, EndedOnSite

UNBLOCKED = "unblocked"
"""The kind of the event. A release that does not know it leaves the block in ops."""


def forget_ended_blocks(database_uuid: str, rows: Sequence[RowMapping]) -> None:
    """By events that are read from a directory. The same a second time. Commits."""
    ended = [row for row in rows if row["kind"] == UNBLOCKED and row["user_id"] is not None]
    for row in ended:
        query = delete(EndedOnSite).where(
            EndedOnSite.database_uuid == database_uuid,
            EndedOnSite.kind == EndedKind.BLOCKED,
            EndedOnSite.user_id == row["user_id"],
            EndedOnSite.at <= row["at"],
        )
        db.session.execute(query.execution_options(synchronize_session=False))
    if ended:
        db.session.commit()
