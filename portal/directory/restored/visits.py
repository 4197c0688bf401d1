"""Ends what a backup holds of visits: logins, links, sign-ups, mail that waits, due deletions; and
actions of staff that had begun."""

from datetime import datetime
from typing import cast

from sqlalchemy import Connection, Table, delete, select, update

from portal.core.clock import now
from portal.databases.engines.sharing import has_table
from portal.directory.claims.models import Claim, ClaimState, Origin
from portal.directory.history.models import STOPPED, Batch
from portal.directory.owners.models import StudioDetails
from portal.directory.users.account.deletion import GRACE
from portal.directory.users.models import SignUp, SiteAccount, SiteLetter, SiteLink, SiteSession

ENDED = [cast(Table, model.__table__) for model in (SiteSession, SiteLink, SignUp, SiteLetter)]
accounts = cast(Table, SiteAccount.__table__)
claims, origins = (cast(Table, model.__table__) for model in (Claim, Origin))
details = cast(Table, StudioDetails.__table__)
batches = cast(Table, Batch.__table__)
STOPPED_BY_RESTORE = (
    "The directory was restored from a backup in which this had not ended. What is not listed below"
    " was not changed: ask for it again if it is still wanted."
)


def end_visits(connection: Connection) -> list[str]:
    """Whoever was logged in logs in again, and a link that was sent before leads nowhere. Mail that
    waited in the backup was sent since, or its link is void."""
    for table in ENDED:
        if has_table(connection, table.name):
            connection.execute(delete(table))
    ended = "All visitors' logins, links and sign-ups ended."
    return [ended, *_end_claims(connection), *_stop_batches(connection)]


def _stop_batches(connection: Connection) -> list[str]:
    """An action of staff that had not ended in the backup has ended since, and may have been taken
    back: what is left of it is asked for again by staff, or not."""
    if not has_table(connection, batches.name):
        return []
    query = select(batches.c.id, batches.c.details).where(batches.c.finished_at.is_(None))
    unfinished = connection.execute(query).all()
    for number, details in unfinished:
        values = {"finished_at": now(), "details": {**details, STOPPED: STOPPED_BY_RESTORE}}
        connection.execute(update(batches).where(batches.c.id == number).values(values))
    if not (count := len(unfinished)):
        return []
    which = "1 action of staff that was" if count == 1 else f"{count} actions of staff that were"
    return [f"{which} under way ended where the backup has it."]


def _end_claims(connection: Connection) -> list[str]:
    """A claim that waits for its link in the backup may be decided since. The person reads that it
    has ended, and may claim again; what waits for staff waits for them again."""
    if not all(has_table(connection, each.name) for each in (claims, origins)):
        return []
    if connection.scalar(select(origins.c.user_id).limit(1)) is None:
        return []
    is_sent = claims.c.state == ClaimState.SENT.value
    ended = {"state": ClaimState.EXPIRED.value, "open_studio": None, "decided_by": "Talkback"}
    values = update(claims).where(is_sent).values(**ended, decided_at=now())
    count = connection.execute(values).rowcount
    which = "1 claim that waited" if count == 1 else f"{count} claims that waited"
    ended_now = [f"{which} for a link ended."] if count else []
    return [*ended_now, "What was decided on claims since the backup is undone."]


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
