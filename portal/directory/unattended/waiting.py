"""Whether something waits in a directory: asked each second, so it is one statement.

On a server a connection stays open for it; a file is opened each time. What waits is read again by
those who do something about it, from the database as it is identified then.
"""

import time
from collections.abc import Collection, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import (
    CompoundSelect,
    Connection,
    Engine,
    Select,
    Table,
    and_,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from portal.core.storage.urls import key_of
from portal.databases.engines import engine_for
from portal.databases.engines.postgresql.server import open_pooled
from portal.databases.engines.sharing import has_table
from portal.databases.targets.config import Target
from portal.directory.claims.models import Claim, ClaimState
from portal.directory.history.models import Batch
from portal.directory.reports.models import Report
from portal.directory.users.models import (
    SignUp,
    SiteAccount,
    SiteEvent,
    SiteLetter,
    SiteLink,
    SiteSession,
)

MOST = 1000
LACKING = 5.0
"""Seconds until a directory without the tables, or one that did not answer, is asked again."""

BEGUN_BY_PAGE = timedelta(seconds=3)
"""How long the page that asked for an action has to ask for its operation."""

batches = cast(Table, Batch.__table__)
claims = cast(Table, Claim.__table__)
letters = cast(Table, SiteLetter.__table__)
events = cast(Table, SiteEvent.__table__)
reports = cast(Table, Report.__table__)


def waiting_letters(target: Target, kinds: Collection[str]) -> Sequence[str]:
    """The ids of the oldest, of the kinds that this release can send."""
    query = select(letters.c.id).where(letters.c.kind.in_(sorted(kinds)))
    return _ask(target, query.order_by(letters.c.created_at, letters.c.id).limit(MOST))


def letters_there(target: Target, uuids: Collection[str]) -> set[str] | None:
    """Which of them are still there; None if the directory did not answer."""
    found = _ask(target, select(letters.c.id).where(letters.c.id.in_(uuids)))
    return set(found) if (key_of(target.url), letters.name) in _prepared else None


def has_events(target: Target) -> bool:
    return bool(_ask(target, select(events.c.id).limit(1)))


def unfinished_batches(target: Target, actions: Collection[str], at: datetime) -> Sequence[str]:
    """The ids of those that are not carried out whole, of these actions, the oldest first."""
    is_left = batches.c.finished_at.is_(None), batches.c.action.in_(sorted(actions))
    query = select(batches.c.id).where(*is_left, batches.c.created_at < at - BEGUN_BY_PAGE)
    return _ask(target, query.order_by(batches.c.created_at, batches.c.id).limit(MOST), batches)


def has_claims_of_the_past(target: Target, at: datetime) -> bool:
    """Whether a claim waits for a link that has expired, or can't be taken back any more."""
    is_over = and_(claims.c.state == ClaimState.SENT.value, claims.c.expires_at <= at)
    is_settled = and_(claims.c.state == ClaimState.GRANTED.value, claims.c.undo_until <= at)
    query = select(claims.c.id).where(or_(is_over, is_settled))
    return bool(_ask(target, query.limit(1), claims))


def has_rows_of_the_past(target: Target, at: datetime, before: datetime) -> bool:
    """Whether an account is to be deleted at `at`, or something had expired or ended `before`."""
    conditions = (
        SiteAccount.deletion_due_at <= at,
        SignUp.expires_at < before,
        SiteLink.expires_at < before,
        SiteSession.ended_at < before,
        SiteLetter.expires_at < before,
    )
    found = (select(literal(1)).where(each).limit(1).subquery() for each in conditions)
    return bool(_ask(target, union_all(*(select(each) for each in found)).limit(1)))


def has_addresses_of_the_past(target: Target, before: datetime) -> bool:
    """Whether a report that was closed `before` has the address of who sent it still."""
    query = select(reports.c.id).where(reports.c.decided_at < before, reports.c.email.is_not(None))
    return bool(_ask(target, query.limit(1), reports))


_prepared: set[Hashable] = set()
"""The databases, with the table by which its expand is known, that were there when last asked."""
_not_before: dict[Hashable, float] = {}


def _ask(
    target: Target, query: Select[Any] | CompoundSelect[Any], table: Table = letters
) -> Sequence[Any]:
    """Nothing, where the tables of its expand are missing or the database does not answer: others
    say so."""
    key = (key_of(target.url), table.name)
    if key not in _prepared and time.monotonic() < _not_before.get(key, 0.0):
        return []
    try:
        with _reading(target.url) as connection:
            if key not in _prepared and not has_table(connection, table.name):
                return _nothing(key)
            rows = connection.execute(query).scalars().all()
    except (DBAPIError, OSError):
        return _nothing(key)
    _prepared.add(key)
    return rows


def _nothing(key: Hashable) -> Sequence[Any]:
    _prepared.discard(key)
    _not_before[key] = time.monotonic() + LACKING
    return []


@contextmanager
def _reading(url: URL) -> Iterator[Connection]:
    if url.get_backend_name() != "postgresql":
        with engine_for(url).reading() as connection:
            yield connection
        return
    with _kept(_Place(key_of(url), url)).connect() as connection:
        yield connection.execution_options(isolation_level="AUTOCOMMIT")


@dataclass(frozen=True)
class _Place:
    key: Hashable
    url: URL = field(compare=False)


@lru_cache(maxsize=8)
def _kept(place: _Place) -> Engine:
    return open_pooled(place.url, keeps=1)
