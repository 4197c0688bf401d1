"""A plain summary of a report, for the client area and for paper."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from zoneinfo import ZoneInfo

from portal.documents.rendering.embedding import MainText
from portal.documents.rendering.render import Rendered
from portal.incidents.report import Report
from portal.incidents.report_view import ReportView
from portal.incidents.timelines.timeline import TimelineEvent


@dataclass(frozen=True)
class Event:
    """An event of the timeline. `at` is None if its zone is not known; `when` has its text then."""

    when: str
    text: str
    at: datetime | None

    @property
    def key(self) -> tuple[datetime | None, str]:
        return self.at, self.text


@dataclass(frozen=True)
class ShownReport:
    """A report as one reader sees it: its facts, its text, and the events that the text omits."""

    report: Report
    rendered: Rendered
    main: MainText
    facts: list[tuple[str, str]]
    timeline: list[Event]
    zone: str

    @property
    def title_inside(self) -> str | None:
        """The h1 that the text begins with."""
        return self.main.title


def show(view: ReportView, *, zone: str) -> ShownReport:
    clock = zone_named(zone)
    moments = [moment for moment in view.timeline if not moment.written]
    return ShownReport(
        report=view.report,
        rendered=view.rendered,
        main=view.main,
        facts=_facts(view.report, clock),
        timeline=[_event(moment, clock) for moment in moments],
        zone=zone,
    )


def facts_of(report: Report) -> list[tuple[str, str]]:
    """Names and values of the facts that are known."""
    known = {
        "Day": day_words(report.day) if report.day else "",
        "Severity": report.severity.value if report.severity else report.severity_text,
        "Status": report.status_line,
        "Duration": report.duration_text,
        "Affected": ", ".join(report.affected),
        "Prepared by": report.prepared_by,
    }
    return [(name, words) for name, words in known.items() if words]


def _facts(report: Report, clock: tzinfo) -> list[tuple[str, str]]:
    """Also the times at which it began and was over, in the reader's zone."""
    times = {"Began": report.started, "Over": report.resolved}
    exact = [
        (name, f"{time_words(at, clock)} ({at.astimezone(clock):%Z})")
        for name, at in times.items()
        if at
    ]
    known = facts_of(report)
    later = {"Affected", "Prepared by"}
    place = next((at for at, (name, _) in enumerate(known) if name in later), len(known))
    return [*known[:place], *exact, *known[place:]]


def zone_named(name: str) -> tzinfo:
    return UTC if name == "UTC" else ZoneInfo(name)


def day_words(day: date) -> str:
    """“16 December 2025”."""
    return f"{day.day} {day:%B %Y}"


def time_words(at: datetime, zone: tzinfo) -> str:
    """“16 December 2025, 14:00” in the reader's time zone."""
    local = at.astimezone(zone)
    return f"{day_words(local)}, {local:%H:%M}"


def _event(moment: TimelineEvent, zone: tzinfo) -> Event:
    when = moment.when
    if moment.at:
        words = time_words(moment.at, zone)
    elif when:
        words = f"{day_words(when)}, {when:%H:%M}, in a zone that was not noted"
    else:
        words = ""
    return Event(words, moment.text, moment.at)
