"""Reads of outages for pages."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select

from portal.core.clock import now
from portal.core.errors import NotFound
from portal.core.storage.between_pages import cached_until_commit
from portal.core.storage.database import db
from portal.incidents.live.models import LiveIncident
from portal.incidents.live.queries import incident_to_update
from portal.monitoring.outages.cause import PRODUCTION, cause_named
from portal.monitoring.outages.models import Notice, NoticeAddress, Outage
from portal.monitoring.outages.schedule import is_unanswered
from portal.monitoring.probes.models import ProbeKind

DRAFTS = "/ops/incidents/live/"


@dataclass(frozen=True)
class OutageShown:
    """An outage with its draft, as pages show it."""

    outage: Outage
    draft: LiveIncident | None

    @property
    def title(self) -> str:
        return self.draft.title if self.draft else self.outage.sentence

    @property
    def severity(self) -> str:
        cause = cause_named(self.outage.cause)
        return cause.severity.value if cause else "unknown"

    @property
    def environment(self) -> str:
        """For the band of the page."""
        is_production = (self.outage.target or "").rpartition("/")[2] == PRODUCTION
        return PRODUCTION if is_production else "development"

    @property
    def is_open(self) -> bool:
        return self.outage.ended_at is None

    @property
    def is_about_schema(self) -> bool:
        cause = cause_named(self.outage.cause)
        return cause is not None and cause.kind is ProbeKind.SCHEMA

    @property
    def is_about_site(self) -> bool:
        cause = cause_named(self.outage.cause)
        return cause is not None and cause.group.startswith("site:")

    @property
    def is_unanswered(self) -> bool:
        """The last notice was made, and no one has acknowledged it."""
        return is_unanswered(self.outage)

    @property
    def next_notice_at(self) -> datetime | None:
        """None also if one is due already, and waits for the worker."""
        due = self.outage.next_notice_at
        return due if due is not None and due > now() else None

    @property
    def draft_address(self) -> str | None:
        return f"{DRAFTS}{self.draft.slug}" if self.draft else None


@cached_until_commit()
def open_outages() -> list[OutageShown]:
    """Those that visitors notice first, then the oldest first."""
    query = _with_draft().where(Outage.ended_at.is_(None)).order_by(Outage.began_at)
    found = [OutageShown(outage, draft) for outage, draft in db.session.execute(query)]
    return sorted(found, key=lambda each: each.severity != "critical")


def incident_about(
    target: str | None, outages: Iterable[OutageShown], found: Iterable[LiveIncident]
) -> LiveIncident | None:
    """Where an update on the site of this target belongs, of incidents that are not over."""
    own = [each.draft for each in outages if each.outage.target == target and each.is_about_site]
    return incident_to_update(found, own)


def outages_newest_first() -> Select[Outage]:
    return select(Outage).order_by(Outage.ended_at.isnot(None), Outage.id.desc())


def shown(outages: list[Outage]) -> list[OutageShown]:
    ids = [each.incident_id for each in outages if each.incident_id]
    drafts = {
        each.id: each
        for each in db.session.scalars(select(LiveIncident).where(LiveIncident.id.in_(ids)))
    }
    return [OutageShown(each, drafts.get(each.incident_id or 0)) for each in outages]


def outage_by_id(outage_id: int) -> OutageShown:
    """Raises NotFound."""
    found = db.session.execute(_with_draft().where(Outage.id == outage_id)).one_or_none()
    if found is None:
        raise NotFound("There is no such outage.")
    return OutageShown(*found)


def notices_of(outage: Outage) -> list[tuple[Notice, str]]:
    """With the names of their addresses, newest first."""
    query = (
        select(Notice, NoticeAddress.name)
        .join(NoticeAddress, Notice.address_id == NoticeAddress.id)
        .where(Notice.outage_id == outage.id)
        .order_by(Notice.number.desc(), Notice.id)
        .limit(200)
    )
    return [(notice, name) for notice, name in db.session.execute(query)]


def _with_draft() -> Select[Outage, LiveIncident | None]:
    joined = select(Outage, LiveIncident)
    return joined.outerjoin(LiveIncident, Outage.incident_id == LiveIncident.id)
