"""What everybody may read of live incidents, as plain values, read through `LiveView` alone.

The statements select by the same rules, so that pages are full; the view decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, cast, func, select
from sqlalchemy.orm import InstrumentedAttribute, selectinload

from portal.core.errors import NotFound
from portal.core.paging import Page, page_of_rows
from portal.core.storage.database import db
from portal.documents.audiences.audience import PUBLIC, Audience
from portal.incidents.live.models import IncidentUpdate, LiveIncident, Phase
from portal.incidents.live.view import OVER, LiveView
from portal.incidents.parsing.vocabulary import Severity

MOST, PAGE = 50, 20
MISSING = "There is no such incident."


@dataclass(frozen=True)
class PublicUpdate:
    phase: Phase
    text: str
    at: datetime
    is_correction: bool


@dataclass(frozen=True)
class PublicIncident:
    """`updates` in their order, at least one."""

    slug: str
    title: str
    severity: Severity
    phase: Phase
    affected: tuple[str, ...]
    started_at: datetime
    begins_at: datetime | None
    ends_at: datetime | None
    next_update_at: datetime | None
    over_at: datetime | None
    updates: tuple[PublicUpdate, ...]

    @property
    def last(self) -> PublicUpdate:
        return self.updates[-1]

    @property
    def is_over(self) -> bool:
        return self.phase in OVER

    @property
    def is_announced(self) -> bool:
        return self.phase is Phase.SCHEDULED

    @property
    def is_maintenance(self) -> bool:
        return self.severity is Severity.MAINTENANCE


def going_on(at: datetime) -> list[PublicIncident]:
    """What is not over, announced maintenance included; the latest first."""
    query = _by_last_phase(at, IncidentUpdate.phase.not_in(OVER))
    ordered = query.order_by(LiveIncident.started_at.desc(), LiveIncident.id.desc()).limit(MOST)
    rows = db.session.scalars(ordered.options(selectinload(LiveIncident.updates)))
    return [each for each in _seen(rows.all()) if not each.is_over]


def past(at: datetime, *, page: int) -> Page[PublicIncident]:
    """What is over, the latest first."""
    query = _by_last_phase(at, IncidentUpdate.phase.in_(OVER))
    ordered = query.order_by(IncidentUpdate.happened_at.desc(), LiveIncident.id.desc())
    options = (selectinload(LiveIncident.updates),)
    found = page_of_rows(db.session(), ordered, number=page, size=PAGE, options=options)
    return found.showing([each for each in _seen(found.items) if each.is_over])


def public_incident(slug: str) -> PublicIncident:
    """Raises NotFound, also for one that is not for everybody."""
    query = select(LiveIncident).where(LiveIncident.slug == slug)
    row = db.session.scalars(query.options(selectinload(LiveIncident.updates))).first()
    if row is None:
        raise NotFound(MISSING)
    return _as_seen(LiveView(row, PUBLIC))


def next_leaving(at: datetime) -> datetime | None:
    """When the next update appears, unless it is held back."""
    later = (IncidentUpdate.leaves_at > at, IncidentUpdate.held_at.is_(None))
    return db.session.scalar(
        select(func.min(IncidentUpdate.leaves_at)).where(
            IncidentUpdate.audience == Audience.PUBLIC, *later
        )
    )


def _by_last_phase(at: datetime, of_last: ColumnElement[bool]) -> Select[Any]:
    """Public incidents by the phase of the last update that has left for everybody."""
    last = (
        select(IncidentUpdate.incident_id, func.max(IncidentUpdate.number).label("number"))
        .where(
            IncidentUpdate.audience == Audience.PUBLIC,
            _names_nobody(IncidentUpdate.clients),
            IncidentUpdate.held_at.is_(None),
            IncidentUpdate.leaves_at <= at,
        )
        .group_by(IncidentUpdate.incident_id)
        .subquery()
    )
    return (
        select(LiveIncident)
        .join(last, last.c.incident_id == LiveIncident.id)
        .join(
            IncidentUpdate,
            (IncidentUpdate.incident_id == LiveIncident.id)
            & (IncidentUpdate.number == last.c.number),
        )
        .where(
            LiveIncident.audience == Audience.PUBLIC,
            _names_nobody(LiveIncident.clients),
            LiveIncident.published_at.is_not(None),
            LiveIncident.discarded_at.is_(None),
            of_last,
        )
    )


def _names_nobody(clients: InstrumentedAttribute[list[str]]) -> ColumnElement[bool]:
    return cast(clients, Text) == "[]"


def _seen(rows: Sequence[LiveIncident]) -> list[PublicIncident]:
    found = []
    for row in rows:
        try:
            found.append(_as_seen(LiveView(row, PUBLIC)))
        except NotFound:
            continue
    return found


def _as_seen(view: LiveView) -> PublicIncident:
    row = view.incident
    return PublicIncident(
        slug=row.slug,
        title=row.title,
        severity=row.severity,
        phase=view.phase,
        affected=tuple(row.affected),
        started_at=row.started_at,
        begins_at=row.begins_at,
        ends_at=row.ends_at,
        next_update_at=view.next_update_at,
        over_at=view.over_at,
        updates=tuple(
            PublicUpdate(each.phase, each.text, each.happened_at, each.corrects_id is not None)
            for each in view.updates
        ),
    )
