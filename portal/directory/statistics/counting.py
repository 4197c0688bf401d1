"""Counts the figures of one directory, each table once; for the worker, once a day."""

from collections.abc import Iterable
from datetime import datetime
from statistics import median
from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, Table, case, func, not_, select

from portal.core.storage.database import JsonDict
from portal.databases.engines.sharing import tables_now
from portal.directory.claims.models import Claim, Origin
from portal.directory.claims.placeholders import placeholders
from portal.directory.models import (
    Review,
    ReviewStatus,
    StudioProfile,
    StudioStatus,
    User,
    is_listed_row,
)
from portal.directory.owners.models import SiteMessage, StudioDetails
from portal.directory.reports.models import Report
from portal.directory.reviews.models import OwnReview
from portal.directory.statistics.months import Month, last_months

DECISIONS = 1000
"""Of how many of the latest decisions the median is."""
SERIES: dict[str, tuple[type[Any], Any, tuple[ColumnElement[bool], ...]]] = {
    "Sign-ups": (User, User.created_at, (not_(placeholders()),)),
    "Published": (StudioDetails, StudioDetails.published_at, ()),
    "Reviews": (Review, Review.created_at, ()),
    "Messages": (SiteMessage, SiteMessage.created_at, ()),
    "Claims": (Claim, Claim.created_at, ()),
    "Reports": (Report, Report.created_at, ()),
}
"""What is counted by month: the model, its time, and which rows."""


def count_figures(connection: Connection, at: datetime) -> JsonDict:
    """As JSON. What a directory has no table for is left out."""
    there = set(tables_now(connection))
    return {
        "states": _states(connection),
        "months": [each.name for each in last_months(at)],
        "series": dict(_series(connection, last_months(at), there)),
        "rating": _rating(connection),
        "unclaimed": _unclaimed(connection) if _named(Origin) in there else None,
        "hours": _hours(connection) if _named(OwnReview) in there else None,
    }


def _states(connection: Connection) -> JsonDict:
    of = cast(Table, StudioProfile.__table__).c
    query = select(of.status, of.is_profile_visible, func.count().label("studios")).group_by(
        of.status, of.is_profile_visible
    )
    found: JsonDict = {}
    for row in connection.execute(query):
        is_hidden = row.status is StudioStatus.ACTIVE and not is_listed_row(row)
        name = "active, not listed" if is_hidden else row.status.value
        found[name] = found.get(name, 0) + row.studios
    return found


def _series(
    connection: Connection, months: list[Month], there: set[str]
) -> Iterable[tuple[str, list[int]]]:
    for name, (model, time, which) in SERIES.items():
        if _named(model) in there:
            yield name, _by_month(connection, model, time, which, months)


def _by_month(
    connection: Connection,
    model: type[Any],
    time: Any,
    which: tuple[ColumnElement[bool], ...],
    months: list[Month],
) -> list[int]:
    """One statement, which reads the table once."""
    counted = [
        func.sum(case(((time >= each.first) & (time < each.after), 1), else_=0)) for each in months
    ]
    query = select(*counted).select_from(model.__table__)
    row = connection.execute(query.where(time >= months[0].first, *which)).one()
    return [int(each or 0) for each in row]


def _rating(connection: Connection) -> float | None:
    """The average of all approved reviews."""
    of = cast(Table, Review.__table__).c
    query = select(func.sum(of.rating), func.count()).where(of.status == ReviewStatus.APPROVED)
    total, count = connection.execute(query).one()
    return round(float(total) / count, 2) if count else None


def _unclaimed(connection: Connection) -> int:
    """Imported studios that belong to their placeholder."""
    studios, origins = (cast(Table, each.__table__) for each in (StudioProfile, Origin))
    own = origins.join(studios, studios.c.user_id == origins.c.user_id)
    return connection.scalar(select(func.count()).select_from(own)) or 0


def _hours(connection: Connection) -> float | None:
    """The median from submission to decision, of the latest decisions on reviews."""
    of = cast(Table, OwnReview.__table__).c
    query = select(of.submitted_at, of.decided_at).where(of.decided_at.is_not(None))
    rows = connection.execute(query.order_by(of.decided_at.desc()).limit(DECISIONS))
    took = [(decided - submitted).total_seconds() / 3600 for submitted, decided in rows]
    later = [each for each in took if each >= 0]
    return round(median(later), 1) if later else None


def _named(model: type[Any]) -> str:
    return str(model.__tablename__)
