"""Statements in a report's text that were not understood: line of the body, sentence."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from portal.documents.audiences.audience import for_reader
from portal.documents.document import date_in
from portal.documents.markdown.blocks.blocks import Block
from portal.documents.markdown.blocks.scanner import scan
from portal.incidents.parsing.fields import Field, fields_in, own_blocks
from portal.incidents.parsing.stated import status_fields
from portal.incidents.parsing.status_words import status_in
from portal.incidents.parsing.vocabulary import (
    MORE_SEVERITIES,
    MORE_STATUSES,
    Severity,
    Status,
    severity_in,
)
from portal.incidents.report import Report
from portal.incidents.timelines.find import NO_TIME, looks_like_times
from portal.incidents.timelines.timeline import Row, TextTimeline
from portal.incidents.timelines.zones import read_zone

Remark = tuple[int, str]
_COLUMNS = "Columns headed Time and Event make it one, or items that begin with a clock below the"
_SHOWN = 3


def must_be_fixed(report: Report) -> Iterator[Remark]:
    if report.is_cstate:
        return
    yield from _fields(report)
    rows = report.told_in(report.document.body).rows
    for above, row in pairwise(rows):
        before, when = above.moment.when, row.moment.when
        if before and when and (before.tzinfo is None) is (when.tzinfo is None) and when < before:
            yield row.line, "This row of the timeline is before the one above it."


def not_read(report: Report) -> Iterator[Remark]:
    """Text that may be meant as a timeline or its zone; notes only."""
    if report.is_cstate:
        return
    timeline = report.told_in(report.document.body)
    yield from _doubts(timeline.rows)
    yield from _zones(report, timeline)
    for section in timeline.unread:
        if any(letter.isdigit() for block in section.blocks for letter in _text_of(block)):
            sentence = f"No time was read below “{section.title}”, so there is no timeline."
            yield section.line, f"{sentence} {_COLUMNS} heading."
    if not timeline.rows and not timeline.unread:
        for block in own_blocks(scan(report.document.body)):
            if block.kind == "table" and looks_like_times(block):
                sentence = "This table looks like a timeline and was not read as one."
                yield block.line, f"{sentence} {_COLUMNS} heading Timeline."


def _fields(report: Report) -> Iterator[Remark]:
    """Only fields that all readers of the report may see count."""
    meta, body = report.document.meta, report.document.body
    seen = {(f.kind, f.raw) for f in fields_in(scan(for_reader(body, report.common_reader)))}
    found = [field for field in fields_in(scan(body)) if (field.kind, field.raw) in seen]
    if meta.get("status") is None:
        yield from _statuses(status_fields(found))
    kinds = {} if meta.get("severity") is not None else {"severity": _severity}
    if meta.get("date") is None:
        kinds["date"] = _date
    for field in found:
        if (say := kinds.get(field.kind)) and (sentence := say(field)):
            yield field.line, sentence


def _statuses(fields: Sequence[Field]) -> Iterator[Remark]:
    read = [(field, status_in(field.unstruck)) for field in fields]
    known = f"{', '.join(Status)}. Understood too: {MORE_STATUSES}."
    for field, status in read:
        if status is None:
            words = f"Status: “{field.text[:100]}” is not understood as an end or a state"
            yield field.line, f"{words}, so the incident counts as not over. Write {known}"
    if len({status for _, status in read}) > 1:
        yield read[1][0].line, "The text states more than one status; the one not over counts."


def _severity(field: Field) -> str:
    if severity_in(field.unstruck):
        return ""
    words = f"Severity: “{field.text[:100]}” was not understood."
    return f"{words} Write {', '.join(Severity)}. Understood too: {MORE_SEVERITIES}."


def _date(field: Field) -> str:
    if date_in(field.text):
        return ""
    return f"Date: “{field.text[:100]}” is not a day such as 2025-12-16."


def _doubts(rows: Sequence[Row]) -> Iterator[Remark]:
    """One line for all rows with the same fault."""
    by_doubt: dict[str, list[Row]] = {}
    for row in rows:
        if row.doubt:
            by_doubt.setdefault(row.doubt, []).append(row)
    for doubt, found in by_doubt.items():
        written = ", ".join(f"“{_shown(row)[:60]}”" for row in found[:_SHOWN])
        more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        what = "Its zone" if found[0].moment.when else "A time"
        yield found[0].line, f"{what} in the timeline was not read, {written}{more}: {doubt}"


def _shown(row: Row) -> str:
    return row.moment.text if row.moment.written == NO_TIME else row.moment.written


def _zones(report: Report, timeline: TextTimeline) -> Iterator[Remark]:
    if "zone" in report.document.meta or not timeline.zones:
        return
    names = list(timeline.zones)
    if len(names) > 1:
        named = " and ".join(names[:_SHOWN])
        yield (
            timeline.zones[names[1]],
            f"The text names {named} for all of its times, so none counts.",
        )
        return
    try:
        read_zone(names[0])
    except ValueError as error:
        yield timeline.zones[names[0]], f"The times of the text have no zone: {error}"


def _text_of(block: Block) -> str:
    return " ".join(" ".join(each.text) for each in block.walk())
