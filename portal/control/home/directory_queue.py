"""What waits for admins in the directory that this site serves, counted to 100."""

from collections.abc import Iterator, Sequence

from flask import url_for
from sqlalchemy.exc import DatabaseError

from portal.accounts.models import Account, Role
from portal.control.home.directories import DirectoryStatus
from portal.control.home.waiting import Waiting
from portal.core.configuration.settings import settings
from portal.core.storage.database import moderation_tables
from portal.databases.engines import engine_for
from portal.databases.targets.config import Target
from portal.directory.queue.counts import Waiting as Counts
from portal.directory.queue.counts import count_waiting


def directory_waits(reader: Account, seen: Sequence[DirectoryStatus]) -> Iterator[Waiting]:
    """Nothing for others than admins, before the tables are there, and where the directory does
    not answer: home says that elsewhere."""
    mine = [each for each in seen if each.target.environment is settings().env and each.is_served]
    counts = _counts(mine[0].target) if mine and reader.role is Role.ADMIN else None
    if counts is None or not counts.in_words:
        return
    name, said = mine[0].target.name, counts.in_words
    if counts.items:
        yield Waiting(f"{said} in {name}.", "Open the queue", url_for("staff.show_queue"))
    else:
        yield Waiting(f"{said} in {name}.", "Look at claims", url_for("staff.list_claims"))


def _counts(target: Target) -> Counts | None:
    engine = engine_for(target.url)
    try:
        with engine.reading() as connection:
            if not moderation_tables() <= set(engine.tables(connection)):
                return None
            return count_waiting(connection)
    except DatabaseError:
        return None
