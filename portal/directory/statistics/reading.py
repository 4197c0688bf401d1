"""The figures as the page shows them: counted by the worker, and known at once."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, Select, select

from portal.core.storage.between_pages import cached_until_commit
from portal.core.storage.database import JsonDict, db
from portal.directory.derived.counts import CITY, COUNTS, LISTED, TYPE
from portal.directory.derived.state import is_kept_on
from portal.directory.derived.tables import derived_counts
from portal.jobs.models import Operation, OperationState

COUNT = "directory.count-figures"
MOST_CITIES, LATEST = 15, 30


@dataclass(frozen=True)
class Bar:
    """`most`: the largest of its group, for the length."""

    name: str
    count: int
    most: int


@dataclass(frozen=True)
class Known:
    """Of listed studios, now. `is_kept`: whether the derived tables are complete."""

    is_kept: bool
    listed: int = 0
    cities: list[Bar] = field(default_factory=list)
    types: list[Bar] = field(default_factory=list)


@dataclass(frozen=True)
class Figures:
    """As of `at`; `months`, oldest first, and for each series a number a month."""

    at: datetime
    states: list[Bar]
    months: list[str]
    series: dict[str, list[Bar]]
    rating: float | None
    unclaimed: int | None
    hours: float | None


def known_now(connection: Connection) -> Known:
    """By the derived tables; no studio is read."""
    if not is_kept_on(connection, COUNTS):
        return Known(is_kept=False)
    of = derived_counts.c
    cities = select(of.name, of.studios).where(of.kind == CITY, of.studios > 0)
    cities = cities.order_by(of.studios.desc(), of.name).limit(MOST_CITIES)
    types = select(of.name, of.studios).where(of.kind == TYPE, of.studios > 0)
    listed = connection.scalar(select(of.studios).where(of.kind == LISTED))
    return Known(
        is_kept=True,
        listed=listed or 0,
        cities=_read(connection, cities),
        types=_read(connection, types.order_by(of.studios.desc(), of.name)),
    )


def latest_figures(target: str) -> Figures | None:
    """None until the worker has counted for the first time."""
    found = latest(target)
    result: JsonDict = (found.result or {}) if found else {}
    figures = result.get("figures")
    if found is None or not isinstance(figures, dict) or found.finished_at is None:
        return None
    months: list[str] = figures.get("months") or []
    series = {
        name: bars(zip(months, counts, strict=False))
        for name, counts in (figures.get("series") or {}).items()
    }
    states = sorted((figures.get("states") or {}).items(), key=lambda each: -each[1])
    return Figures(
        at=found.finished_at,
        states=bars(states),
        months=months,
        series=series,
        rating=figures.get("rating"),
        unclaimed=figures.get("unclaimed"),
        hours=figures.get("hours"),
    )


@cached_until_commit()
def latest(target: str) -> Operation | None:
    """The last count of that directory, among the newest of this kind."""
    mine = Operation.kind == COUNT, Operation.state == OperationState.DONE
    query = select(Operation).where(*mine).order_by(Operation.finished_at.desc()).limit(LATEST)
    return next((each for each in db.session.scalars(query) if each.target == target), None)


def bars(pairs: object) -> list[Bar]:
    found = [(str(name), int(count)) for name, count in pairs]  # type: ignore[attr-defined]
    most = max((count for _, count in found), default=0)
    return [Bar(name, count, most) for name, count in found]


def _read(connection: Connection, query: Select[str, int]) -> list[Bar]:
    return bars(connection.execute(query).all())
