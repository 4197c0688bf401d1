"""Facts from a report's text where its front matter has none: day, status and so on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from portal.documents.document import date_in
from portal.documents.markdown.blocks.scanner import scan
from portal.documents.markdown.blocks.sections import headings
from portal.incidents.parsing.facts import TIMES, Facts
from portal.incidents.parsing.fields import Field, fields_in
from portal.incidents.parsing.status_words import status_in
from portal.incidents.parsing.updates import Update
from portal.incidents.parsing.vocabulary import Severity, Status, severity_in
from portal.incidents.timelines.timeline import read_timeline
from portal.incidents.timelines.times import shortened


@dataclass(frozen=True)
class Stated:
    """The author's own words for severity and status are kept beside the parsed values; they are
    empty if nothing was written, or only one of our terms.
    """

    day: date | None
    severity: Severity | None
    severity_text: str
    status: Status | None
    status_text: str
    duration_text: str
    prepared_by: str


def stated(
    meta: Mapping[str, Any], facts: Facts, body: str, *, slug: str, updates: Sequence[Update]
) -> Stated:
    """`body` and `updates` are the parts that all readers of the report may see."""
    found = fields_in(scan(body))
    status, status_text = _status(meta, facts, found, updates)
    severity, severity_text = _severity(meta, facts, found)
    return Stated(
        day=facts.day or _day_of_times(facts) or _day_in(body, found, slug, facts),
        severity=severity,
        severity_text=severity_text,
        status=status,
        status_text=status_text,
        duration_text=_first(found, "duration"),
        prepared_by=facts.prepared_by or _first(found, "prepared by"),
    )


def status_fields(found: Sequence[Field]) -> list[Field]:
    """The fields that count: those of the first part that has any. “Current status” counts only
    without “Status”.
    """
    for kind in ("status", "current status"):
        fields = [field for field in found if field.kind == kind]
        if fields:
            first = min(field.part for field in fields)
            return [field for field in fields if field.part == first]
    return []


def _status(
    meta: Mapping[str, Any], facts: Facts, found: Sequence[Field], updates: Sequence[Update]
) -> tuple[Status | None, str]:
    """Of several contradicting statements the first that is not resolved."""
    if meta.get("status") is not None:
        return facts.status, _own_words(shortened(meta["status"]), facts.status)
    said = [(status_in(field.unstruck), field.text) for field in status_fields(found)]
    open_ones = [each for each in said if each[0] is not Status.RESOLVED]
    if said:
        return (open_ones or said)[0]
    with_status = [update for update in updates if update.status]
    return (with_status[-1].status if with_status else facts.status), ""


def _severity(
    meta: Mapping[str, Any], facts: Facts, found: Sequence[Field]
) -> tuple[Severity | None, str]:
    if meta.get("severity") is not None:
        return facts.severity, _own_words(shortened(meta["severity"]), facts.severity)
    text = next((field.unstruck for field in found if field.kind == "severity"), "")
    return severity_in(text), text


def _own_words(words: str, read_as: Status | Severity | None) -> str:
    return "" if read_as and words.strip().lower() == read_as.value else words


def _day_of_times(facts: Facts) -> date | None:
    return next((facts.times[name].date() for name in TIMES if name in facts.times), None)


def _day_in(body: str, found: Sequence[Field], slug: str, facts: Facts) -> date | None:
    """From a line, a heading, the file's name, or the first row of the timeline with a date."""
    places = [field.text for field in found if field.kind == "date"]
    places += [heading.title for heading in headings(body)]
    day = next((day for place in [*places, slug] if (day := date_in(place))), None)
    return day or read_timeline(body, day=None, zone=facts.zone).day


def _first(found: Sequence[Field], kind: str) -> str:
    return next((field.text for field in found if field.kind == kind), "")
