"""Ends what a backup holds of visits: logins, links, sign-ups, mail that waits, due deletions."""

from datetime import datetime
from typing import cast

from sqlalchemy import Connection, Table, delete, select, update

from portal.databases.engines.sharing import has_table
from portal.directory.owners.models import StudioDetails
from portal.directory.users.account.deletion import GRACE
from portal.directory.users.models import SignUp, SiteAccount, SiteLetter, SiteLink, SiteSession

ENDED = [cast(Table, model.__table__) for model in (SiteSession, SiteLink, SignUp, SiteLetter)]
accounts = cast(Table, SiteAccount.__table__)
details = cast(Table, StudioDetails.__table__)


def end_visits(connection: Connection) -> list[str]:
    """Whoever was logged in logs in again, and a link that was sent before leads nowhere. Mail that
    waited in the backup was sent since, or its link is void."""
    for table in ENDED:
        if has_table(connection, table.name):
            connection.execute(delete(table))
    return ["All visitors' logins, links and sign-ups ended."]


def _begin_again(connection: Connection, user_id: int, *, due: datetime, at: datetime) -> None:
    """A studio that the deletion hid says so by its time: it is shown again by a withdrawal."""
    mine = accounts.c.user_id == user_id
    connection.execute(update(accounts).where(mine).values(deletion_due_at=at + GRACE))
    hidden = details.c.user_id == user_id, details.c.hidden_at == due - GRACE
    connection.execute(update(details).where(*hidden).values(hidden_at=at))


def delay_deletions(connection: Connection, at: datetime) -> list[str]:
    """A deletion that waits in the backup may have been withdrawn since: its time begins again."""
    if not all(has_table(connection, each.name) for each in (accounts, details)):
        return []
    query = select(accounts.c.user_id, accounts.c.deletion_due_at)
    waiting = connection.execute(query.where(accounts.c.deletion_due_at.is_not(None))).all()
    for user_id, due in waiting:
        _begin_again(connection, user_id, due=due, at=at)
    if not (count := len(waiting)):
        return []
    which = "1 account that waits" if count == 1 else f"{count} accounts that wait"
    return [f"{which} for deletion will be deleted {GRACE.days} days from now."]
