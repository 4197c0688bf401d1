"""What was ended on a site since a backup: drained, read from ops, and ended again in a restore."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from portal.core.storage.database import db
from portal.databases.engines.sharing import has_table
from portal.databases.restores.endings import Applied, register_endings
from portal.databases.targets.config import Target
from portal.directory.restored.applying import LOGINS, end_again
from portal.directory.restored.people import Ending
from portal.directory.restored.visits import delay_deletions, end_visits
from portal.directory.users.draining import drain_events
from portal.directory.users.ended import EndedKind, EndedOnSite

SKEW = timedelta(minutes=5)
"""By how much the clocks of the site and of the worker may differ: an ending so long before the
backup counts as later. Applying it twice does no harm."""


class SiteEndings:
    def drain(self, target: Target) -> None:
        drain_events(target)

    def since(self, database_uuid: str, taken_at: datetime) -> list[Ending]:
        """In the order in which they happened. A deletion counts whenever it was: whoever was
        deleted is in no backup that is later."""
        query = select(EndedOnSite).where(
            EndedOnSite.database_uuid == database_uuid,
            (EndedOnSite.kind == EndedKind.DELETED) | (EndedOnSite.at >= taken_at - SKEW),
        )
        rows = db.session.scalars(query.order_by(EndedOnSite.at, EndedOnSite.id))
        return [
            Ending(each.kind, each.user_id, each.user_created_at, each.at, each.password_hash)
            for each in rows
        ]

    def apply(self, connection: Connection, endings: list[Ending], *, at: datetime) -> Applied:
        applied, missing = end_again(connection, endings)
        if has_table(connection, LOGINS):
            applied += [*end_visits(connection), *delay_deletions(connection, at)]
        return Applied(applied, missing)


register_endings(SiteEndings())
