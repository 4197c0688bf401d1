"""When a studio is open, as its page shows it: a week in the studio's own zone.

A page may be some minutes old, so it does not say whether the studio is open now: the visitor's
browser does (`hours.js`), from what the page holds.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from portal.core.zones import UTC_NAMES, zone_names
from portal.directory.folding import one_line

WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
WHOLE_DAY = (0, 1440)
Spans = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Day:
    """`spans` are minutes from midnight, in order."""

    number: int
    spans: Spans

    @property
    def name(self) -> str:
        return WEEK[self.number]

    @property
    def times(self) -> tuple[str, ...]:
        """Of each span; empty on a day on which it is closed."""
        if self.spans == (WHOLE_DAY,):
            return ("All day",)
        return tuple(f"{clock(opens)}–{clock(closes)}" for opens, closes in self.spans)

    @property
    def data(self) -> str:
        """For the script: “540-1020 1080-1200”."""
        return " ".join(f"{opens}-{closes}" for opens, closes in self.spans)


@dataclass(frozen=True)
class Hours:
    """`week` is empty where only a note is given; `zone` is None where it is not known."""

    week: tuple[Day, ...]
    zone: str | None
    note: str

    @property
    def place(self) -> str | None:
        """The zone as people call it: “New York”."""
        if self.zone is None or self.zone in UTC_NAMES:
            return "UTC" if self.zone else None
        return self.zone.rpartition("/")[2].replace("_", " ")


@lru_cache(512)
def hours_in(text: str | None, between: str, zone: str | None, note: str | None) -> Hours | None:
    """From “weekday opens closes” of each span, as the database joins them; None without hours and
    without a note."""
    spans = [
        tuple(int(number) for number in each.split())
        for each in (text or "").split(between)
        if each
    ]
    said = one_line(note)
    if not spans and not said:
        return None
    return Hours(
        week=week_of((day, opens, closes) for day, opens, closes in spans) if spans else (),
        zone=zone if zone in zone_names() else None,
        note=said,
    )


def week_of(spans: Iterable[tuple[int, int, int]]) -> tuple[Day, ...]:
    """Seven days; spans of a day that touch or overlap are one."""
    found: list[list[tuple[int, int]]] = [[] for _ in WEEK]
    for day, opens, closes in sorted(spans):
        of_day = found[day]
        if of_day and opens <= of_day[-1][1]:
            of_day[-1] = (of_day[-1][0], max(closes, of_day[-1][1]))
        else:
            of_day.append((opens, closes))
    return tuple(Day(number, tuple(of_day)) for number, of_day in enumerate(found))


def clock(minutes: int) -> str:
    """“09:05”; the end of the day is “24:00”."""
    return f"{minutes // 60:02}:{minutes % 60:02}"
