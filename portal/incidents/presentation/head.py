"""The head that all pages of one incident share, whether it is a report, live, or both."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from portal.core.clock import now
from portal.core.errors import Invalid, NotFound
from portal.documents.audiences.audience import STAFF
from portal.incidents.live.models import LiveIncident, Phase
from portal.incidents.live.queries import Promise, going_on, live_of_report, promise_of
from portal.incidents.live.seeding import is_published
from portal.incidents.parsing.vocabulary import Severity
from portal.incidents.presentation.unresolved import unresolved
from portal.incidents.report import Report
from portal.incidents.report_view import ReportView
from portal.incidents.reports import report_named


@dataclass(frozen=True)
class IncidentHead:
    """`report` is the published text as staff read it; `report_slug` is also set if it can't be
    read. `phase` is that of the live incident now.
    """

    report_slug: str | None
    report: Report | None
    live: LiveIncident | None
    phase: Phase | None

    @property
    def title(self) -> str:
        """The same on all pages: the report's own, which messages may have sent otherwise."""
        if self.report:
            return ReportView(self.report, STAFF).main.title or self.report.title
        return self.live.title if self.live else ""

    @property
    def is_live(self) -> bool:
        """Whether what goes on says more than the report."""
        return self.live is not None and (self.report is None or not self.live.is_over)

    @property
    def is_over(self) -> bool:
        """Then the report is sent, and no update: what is live decides, if anything is."""
        if self.live:
            return self.live.is_over
        return self.report is not None and self.report.is_over

    @property
    def severity(self) -> Severity | None:
        if self.live and self.is_live:
            return self.live.severity
        return self.report.severity if self.report else None

    @property
    def affected(self) -> list[str]:
        if self.live and self.is_live:
            return list(self.live.affected)
        return self.report.affected if self.report else []

    @property
    def promise(self) -> Promise | None:
        return promise_of(self.live) if self.live else None

    @property
    def since(self) -> datetime | None:
        if self.live and self.is_live:
            return self.live.begins_at or self.live.started_at
        return self.report.started if self.report else None

    @property
    def lasted(self) -> timedelta | None:
        """How long it took or has taken; None if it has yet to begin, or if that is not known."""
        since, until = self.since, now()
        if self.live and self.is_live:
            until = self.live.resolved_at or self.live.discarded_at or until
        elif self.report:
            return self.report.duration
        return until - since if since and since <= until else None


def head_of_report(slug: str, report: Report | None) -> IncidentHead:
    live = live_of_report(slug)
    return IncidentHead(slug, report, live, live.phase if live else None)


def head_of_live(incident: LiveIncident, phase: Phase) -> IncidentHead:
    slug = incident.report_slug
    if slug is None or not is_published(slug):
        return IncidentHead(None, None, incident, phase)
    try:
        return IncidentHead(slug, report_named(slug), incident, phase)
    except (Invalid, NotFound):
        return IncidentHead(slug, None, incident, phase)


def open_incidents(reports: Iterable[Report], today: date) -> list[IncidentHead]:
    """What is not over: live incidents, the one whose next update is due first; then reports that
    have none. A report that says nothing of it counts for some days only.
    """
    by_slug = {each.slug: each for each in reports}
    live = [
        IncidentHead(each.report_slug, by_slug.get(each.report_slug or ""), each, each.phase)
        for each in going_on()
    ]
    live.sort(key=_urgency)
    named = {head.report_slug for head in live}
    rest = unresolved(by_slug.values(), today=today).reports
    return [*live, *(IncidentHead(e.slug, e, None, None) for e in rest if e.slug not in named)]


def _urgency(head: IncidentHead) -> tuple[bool, datetime]:
    """Drafts wait for somebody; then what was promised next; planned maintenance last."""
    live, farthest = head.live, datetime.max.replace(tzinfo=UTC)
    if live is None or live.is_draft:
        return False, datetime.min.replace(tzinfo=UTC)
    return live.phase is Phase.SCHEDULED, live.next_update_at or farthest
