"""The timeline of an incident: events from its text, and its updates."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache

from portal.documents.markdown.blocks.scanner import scan
from portal.incidents.parsing.fields import own_blocks
from portal.incidents.timelines.clocks import WrittenTime, written_in
from portal.incidents.timelines.find import (
    Entry,
    Section,
    entries_of,
    first_list,
    first_table,
    sections,
)
from portal.incidents.timelines.times import YEARS, aware
from portal.incidents.timelines.zones import in_zone, read_zone, stated_zones

#: A time that goes back by more than this is past midnight.
_LONGEST_KEPT = 200_000
"""Maximum length in characters of a text whose timeline is cached."""
_BACK = timedelta(hours=12)


@dataclass(frozen=True)
class TimelineEvent:
    """One event. `written` is its time as the author wrote it, empty if it comes from a field;
    `when` is naive if no zone is known, and None if the time can't be read.
    """

    written: str
    text: str
    when: datetime | None
    kind: str = "event"

    @property
    def at(self) -> datetime | None:
        """The time, if its zone is known."""
        return aware(self.when)


@dataclass(frozen=True)
class Row:
    """A row of the text; its line is counted from 0 in the body. `doubt` says why it has no time,
    or why a named zone was not understood.
    """

    line: int
    moment: TimelineEvent
    doubt: str = ""
    states_day: bool = False


@dataclass(frozen=True)
class TextTimeline:
    """The timeline in a text. Cached and shared between callers, so it must not be changed.

    `zones` are those stated for all times, with their lines; `day` is the first date that a row
    states, `unread` the timeline sections without events.
    """

    rows: list[Row]
    zones: dict[str, int]
    unread: list[Section]

    @property
    def day(self) -> date | None:
        stated = (row.moment.when for row in self.rows if row.states_day and row.moment.when)
        return next((when.date() for when in stated), None)


@lru_cache(maxsize=64)
def read_timeline(
    body: str, *, day: date | None, zone: tzinfo | None, zone_is_given: bool = False
) -> TextTimeline:
    """Cached, since it depends only on its arguments.

    `day` is the report's; with `zone_is_given` the front matter states the zone, and a zone that
    the text states for all times is ignored.
    """
    read = _kept if len(body) <= _LONGEST_KEPT else _read
    return read(body, day, zone, zone_is_given)


def _read(body: str, day: date | None, zone: tzinfo | None, zone_is_given: bool) -> TextTimeline:
    tree = scan(body)
    parts = [(section, entries_of(section)) for section in sections(tree)]
    found = next((entries for _, entries in parts if entries), None)
    entries = found or first_table(tree) or first_list(tree)
    said = stated_zones(own_blocks(tree)) if entries else {}
    names = [] if zone_is_given else list(said)
    reading = _Reading(day, zone, names[0] if len(names) == 1 else "")
    unread = [] if entries else [section for section, _ in parts]
    return TextTimeline([reading.row(entry) for entry in entries], said, unread)


_kept = lru_cache(maxsize=32)(_read)


def in_order(moments: Iterable[TimelineEvent]) -> list[TimelineEvent]:
    """By time if all are comparable, else in the given order."""
    found = list(moments)
    if len({moment.when is not None and moment.when.tzinfo is None for moment in found}) > 1:
        return found
    if any(moment.when is None for moment in found):
        return found
    return sorted(found, key=lambda moment: moment.when or datetime.min.replace(tzinfo=UTC))


class _Reading:
    """Parses rows in sequence: each passes its date on to the next."""

    def __init__(self, day: date | None, zone: tzinfo | None, said: str) -> None:
        self.day, self.zone, self.said = day, zone, said
        self.before: datetime | None = None
        self.heading: date | None = None

    def row(self, entry: Entry) -> Row:
        if entry.day and entry.day != self.heading:
            self.heading = self.day = entry.day
            self.before = None
        found = written_in(entry.written, near=self.day, in_cell=True)
        when, doubt = self._when(found, entry.zone)
        if when:
            self.before, self.day = when, when.date()
        states_day = bool(found.day or entry.day)
        return Row(entry.line, TimelineEvent(entry.written, entry.text, when), doubt, states_day)

    def _when(self, found: WrittenTime, head: str) -> tuple[datetime | None, str]:
        self.day = found.day or self.day
        if found.odd:
            return None, f"“{found.odd}” can be read in more than one way, or is no time."
        if found.clock is None:
            return None, "no clock was read in it."
        if self.day is None:
            return None, "nothing says on which day it was."
        zone, doubt = self._zone(found.zone or head)
        try:
            return self._at(found, zone), doubt
        except (ValueError, OverflowError) as error:
            return None, str(error)

    def _at(self, found: WrittenTime, zone: tzinfo | None) -> datetime:
        """On the next day if the time goes back by more than half a day and the row has no date."""
        if self.day is None or found.clock is None:
            raise ValueError("day or clock are missing.")
        if self.day.year not in YEARS:
            raise ValueError(f"{self.day.year} is not a year that can be meant.")
        at = datetime.combine(self.day, found.clock)
        when = in_zone(at, zone) if zone else at
        if not found.day and self._is_before(when):
            return in_zone(at + timedelta(days=1), zone) if zone else at + timedelta(days=1)
        return when

    def _is_before(self, when: datetime) -> bool:
        before = self.before
        if before is None or (before.tzinfo is None) is not (when.tzinfo is None):
            return False
        return before - when > _BACK

    def _zone(self, name: str) -> tuple[tzinfo | None, str]:
        """From the row or the table head, else from the file, else from the text as a whole. An
        invalid zone for the whole text is reported once, not for each row.
        """
        if not name and self.zone:
            return self.zone, ""
        try:
            return (read_zone(name or self.said), "") if name or self.said else (None, "")
        except ValueError as error:
            return None, str(error) if name else ""
