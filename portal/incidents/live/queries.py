"""Queries for live incidents: one, those that go on, and what a reader may see of them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, exists, or_, select
from sqlalchemy.orm import selectinload

from portal.core.clock import now
from portal.core.errors import NotFound
from portal.core.storage.between_pages import cached_until_commit
from portal.core.storage.database import db
from portal.documents.audiences.audience import Reader
from portal.incidents.live.models import IncidentUpdate, LiveIncident
from portal.incidents.live.view import LiveView

SOON = timedelta(minutes=10)
SHOWN_AFTER = timedelta(days=1)
#: What was published longer ago is on its own page only; maintenance is planned a year ahead.
RECENT = timedelta(days=400)


@dataclass(frozen=True)
class Promise:
    """When the next update is due. `look` is its colour: busy, wary within 10 minutes, then bad."""

    at: datetime

    @property
    def is_past(self) -> bool:
        return self.at <= now()

    @property
    def look(self) -> str:
        if self.is_past:
            return "bad"
        return "wary" if self.at - now() <= SOON else "busy"


def promise_of(incident: LiveIncident) -> Promise | None:
    at = incident.next_update_at
    return Promise(at) if at and not incident.is_over else None


def incident_named(slug: str) -> LiveIncident:
    """For staff. Raises NotFound."""
    found = db.session.scalar(_ALL.where(LiveIncident.slug == slug))
    if found is None:
        raise NotFound("There is no such incident.")
    return found


def live_view(slug: str, reader: Reader) -> LiveView:
    """Raises NotFound both for a missing incident and for one that is not for this reader."""
    return LiveView(incident_named(slug), reader)


def live_of_report(slug: str) -> LiveIncident | None:
    """The live incident that this report is about, the latest if there are several; without its
    updates."""
    return db.session.scalars(_OF_REPORT, {"report": slug}).first()


@cached_until_commit()
def live_slug_of_report(slug: str) -> str | None:
    """Of `live_of_report`, for pages that are asked for often; most reports have none."""
    found = live_of_report(slug)
    return found.slug if found else None


def update_numbered(incident: LiveIncident, number: int) -> IncidentUpdate:
    """Raises NotFound."""
    for each in incident.updates:
        if each.number == number:
            return each
    raise NotFound("There is no such update.")


def going_on() -> list[LiveIncident]:
    """For staff: what is not over, drafts included, the latest first; without the updates."""
    query = select(LiveIncident).where(
        or_(LiveIncident.published_at.is_(None), LiveIncident.published_at > now() - RECENT),
        LiveIncident.resolved_at.is_(None),
        LiveIncident.discarded_at.is_(None),
    )
    return list(db.session.scalars(query.order_by(LiveIncident.opened_at.desc())))


def incident_to_update(
    found: Iterable[LiveIncident], own: Iterable[LiveIncident | None] = ()
) -> LiveIncident | None:
    """Which of these, the latest first, an update belongs to; None if a new one has to be opened.

    `own`: of the outage that the update is about, drafts included. Then the latest that is
    published; then maintenance, once it has begun.
    """
    of_outage = [each for each in own if each and not each.is_over]
    published = [each for each in found if each.published_at and not each.is_over]
    incidents = [each for each in published if not each.is_maintenance]
    begun = [each for each in published if each.begins_at and each.begins_at <= now()]
    return next(iter([*of_outage, *incidents, *begun]), None)


def going_on_for(reader: Reader) -> list[LiveView]:
    """What this reader may know of and is not over for them, the latest first."""
    return [view for view in _views(reader) if not view.is_over]


def lately_over() -> list[LiveIncident]:
    """For staff: the last ones that are over."""
    query = select(LiveIncident).where(
        LiveIncident.published_at > now() - RECENT, LiveIncident.resolved_at.is_not(None)
    )
    return list(db.session.scalars(query.order_by(LiveIncident.resolved_at.desc()).limit(10)))


def _views(reader: Reader) -> Iterator[LiveView]:
    lately = exists().where(
        IncidentUpdate.incident_id == LiveIncident.id,
        IncidentUpdate.leaves_at > now() - SHOWN_AFTER,
    )
    query = _ALL.where(
        LiveIncident.published_at > now() - RECENT,
        LiveIncident.discarded_at.is_(None),
        or_(LiveIncident.resolved_at.is_(None), lately),
    )
    for incident in db.session.scalars(query.order_by(LiveIncident.published_at.desc())):
        try:
            yield LiveView(incident, reader)
        except NotFound:
            continue


_ALL = select(LiveIncident).options(selectinload(LiveIncident.updates))
_OF_REPORT = (
    select(LiveIncident)
    .where(LiveIncident.report_slug == bindparam("report"), LiveIncident.discarded_at.is_(None))
    .order_by(LiveIncident.id.desc())
    .limit(1)
)
