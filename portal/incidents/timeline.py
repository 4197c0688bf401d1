"""The timeline of an incident: from a table headed Time and Event, and from its updates."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from portal.documents import syntax
from portal.documents.blocks import Block
from portal.documents.document import date_in
from portal.documents.scanner import scan
from portal.documents.slugs import plain_title
from portal.incidents.times import aware, read_zone

_TIME_HEAD = re.compile(r"(?:time|when)\b\s*(?:\((.+)\))?", re.I)
_EVENT_HEAD = re.compile(r"(?:event|events|what|what happened|description|action)$", re.I)
_CLOCK = re.compile(
    r"(?<![\d:])(\d{1,2})[:.](\d{2})(?::\d{2})?(?!\d)\s*([ap]\.?m\b)?\.?\s*([A-Z]\S*|\+\d\S*)?",
    re.I,
)
#: Columns in which time and event are looked for.
_MOST_COLUMNS = 50
#: A timeline that goes back by more than this has passed midnight.
_BACK = timedelta(hours=12)


@dataclass(frozen=True)
class Moment:
    """One event. `written` is its time as the author wrote it, empty where a field said it;
    `when` is naive where no zone is known, and None where the time can't be read."""

    written: str
    text: str
    when: datetime | None
    kind: str = "event"

    @property
    def at(self) -> datetime | None:
        """The time where its zone is known."""
        return aware(self.when)


@dataclass(frozen=True)
class Row:
    """A row of the table; its line is counted from 0 in the body."""

    line: int
    moment: Moment


def table_rows(body: str, *, day: date | None, zone: tzinfo | None) -> list[Row]:
    """Of the first table with a column Time and one Event. `day` is the report's."""
    for block in scan(body).walk():
        if block.kind == "table" and (columns := _columns(block)):
            return list(_rows(block, *columns, day=day, zone=zone))
    return []


def in_order(moments: Iterable[Moment]) -> list[Moment]:
    """By time where all can be compared, else as they are given."""
    found = list(moments)
    if len({moment.when is not None and moment.when.tzinfo is None for moment in found}) > 1:
        return found
    if any(moment.when is None for moment in found):
        return found
    return sorted(found, key=lambda moment: moment.when or datetime.min.replace(tzinfo=UTC))


def _columns(table: Block) -> tuple[int, int, str | None] | None:
    """Which column holds the time and which the event, and the zone that the head names."""
    head = [plain_title(cell) for cell in syntax.split_row(table.text[0])[:_MOST_COLUMNS]]
    times = [at for at, cell in enumerate(head) if _TIME_HEAD.fullmatch(cell)]
    events = [at for at, cell in enumerate(head) if _EVENT_HEAD.fullmatch(cell)]
    if not times or not events:
        return None
    named = _TIME_HEAD.fullmatch(head[times[0]])
    return times[0], events[0], named[1] if named else None


def _rows(
    table: Block, time: int, event: int, named: str | None, *, day: date | None, zone: tzinfo | None
) -> Iterator[Row]:
    zone = _zone(named) or zone
    before: datetime | None = None
    for number, line in enumerate(table.text[2:], table.line + 2):
        cells = syntax.split_row(line)
        if len(cells) > max(time, event):
            written, text = plain_title(cells[time]), plain_title(cells[event])
            if not written:
                continue  # not filled in: no event yet
            when = _when(written, day, zone, before)
            before = when or before
            day = when.date() if when else day
            yield Row(number, Moment(written, text, when))


def _when(
    written: str, day: date | None, zone: tzinfo | None, before: datetime | None
) -> datetime | None:
    day = date_in(written) or day
    found = _CLOCK.search(written)
    if not found or day is None:
        return None
    hour, minute = int(found[1]), int(found[2])
    if found[3]:
        hour = hour % 12 + (12 if found[3][0] in "pP" else 0)
    try:
        when = datetime(day.year, day.month, day.day, hour, minute, tzinfo=_zone(found[4]) or zone)
        comparable = before is not None and (before.tzinfo is None) is (when.tzinfo is None)
        if before and comparable and before - when > _BACK:
            when += timedelta(days=1)
    except (ValueError, OverflowError):
        return None
    return when


def _zone(name: str | None) -> tzinfo | None:
    try:
        return read_zone(name) if name else None
    except ValueError:
        return None
