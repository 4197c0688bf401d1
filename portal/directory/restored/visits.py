"""Ends what a backup holds of visits: logins, links, sign-ups, mail that waits, due deletions."""

from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import Connection, Table, delete, func, select, update

from portal.databases.engines.sharing import has_table
from portal.directory.users.models import SignUp, SiteAccount, SiteLetter, SiteLink, SiteSession

ENDED = [cast(Table, model.__table__) for model in (SiteSession, SiteLink, SignUp, SiteLetter)]
accounts = cast(Table, SiteAccount.__table__)
GRACE = timedelta(days=30)


def end_visits(connection: Connection) -> list[str]:
    """Whoever was logged in logs in again, and a link that was sent before leads nowhere. Mail that
    waited in the backup was sent since, or its link is void."""
    for table in ENDED:
        if has_table(connection, table.name):
            connection.execute(delete(table))
    return ["All visitors' logins, links and sign-ups ended."]


def delay_deletions(connection: Connection, at: datetime) -> list[str]:
    """A deletion that waits in the backup may have been withdrawn since: its time begins again."""
    if not has_table(connection, accounts.name):
        return []
    due = accounts.c.deletion_due_at
    count = connection.scalar(select(func.count()).select_from(accounts).where(due.is_not(None)))
    if not count:
        return []
    connection.execute(update(accounts).where(due < at + GRACE).values(deletion_due_at=at + GRACE))
    which = "1 account that waits" if count == 1 else f"{count} accounts that wait"
    return [f"{which} for deletion will be deleted {GRACE.days} days from now."]
