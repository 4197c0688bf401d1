"""What was ended on a site since a backup: drained, read from ops, and ended again in a restore."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from portal.core.storage.database import db
from portal.databases.engines.sharing import has_table
from portal.databases.restores.endings import Applied, register_endings
from portal.databases.targets.config import Target
from portal.directory.history.drained import ENDS_STUDIO, DrainedEvent, StudioEnding
from portal.directory.restored.applying import LOGINS, end_again
from portal.directory.restored.people import Ending
from portal.directory.restored.studios import EndedStudio, end_studios_again
from portal.directory.restored.visits import delay_deletions, end_visits
from portal.directory.users.draining import drain_events
from portal.directory.users.ended import EndedKind, EndedOnSite

SKEW = timedelta(minutes=5)
"""By how much the clocks of the site and of the worker may differ: an ending so long before the
backup counts as later. Applying it twice does no harm."""


@dataclass(frozen=True)
class Since:
    """What was ended of people, and what staff did with studios; each in the order of its time."""

    people: list[Ending] = field(default_factory=list)
    studios: list[EndedStudio] = field(default_factory=list)


class SiteEndings:
    def drain(self, target: Target) -> None:
        drain_events(target)

    def since(self, database_uuid: str, taken_at: datetime) -> Since:
        """A deletion of a person counts whenever it was: whoever was deleted is in no backup that
        is later."""
        return Since(_people(database_uuid, taken_at), _studios(database_uuid, taken_at))

    def apply(self, connection: Connection, endings: Since, *, at: datetime) -> Applied:
        applied, missing = end_again(connection, endings.people)
        hidden, unknown = end_studios_again(connection, endings.studios)
        applied += hidden
        if has_table(connection, LOGINS):
            applied += [*end_visits(connection), *delay_deletions(connection, at)]
        return Applied(applied, [*missing, *unknown])


def _people(database_uuid: str, taken_at: datetime) -> list[Ending]:
    query = select(EndedOnSite).where(
        EndedOnSite.database_uuid == database_uuid,
        (EndedOnSite.kind == EndedKind.DELETED) | (EndedOnSite.at >= taken_at - SKEW),
    )
    rows = db.session.scalars(query.order_by(EndedOnSite.at, EndedOnSite.id))
    return [
        Ending(each.kind, each.user_id, each.user_created_at, each.at, each.password_hash)
        for each in rows
    ]


def _studios(database_uuid: str, taken_at: datetime) -> list[EndedStudio]:
    query = select(DrainedEvent).where(
        DrainedEvent.database_uuid == database_uuid,
        DrainedEvent.ending.in_(ENDS_STUDIO),
        DrainedEvent.at >= taken_at - SKEW,
    )
    rows = db.session.scalars(query.order_by(DrainedEvent.at, DrainedEvent.uuid))
    return [
        EndedStudio(
            StudioEnding(str(each.ending)),
            each.studio_number,
            each.user_id,
            each.user_created_at,
            each.at or taken_at,
        )
        for each in rows
    ]


register_endings(SiteEndings())
