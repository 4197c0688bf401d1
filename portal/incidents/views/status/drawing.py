"""The days of a probe as a drawing, and the same in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from portal.core.durations import duration
from portal.monitoring.probes.days import Day

STEP, BAR, HEIGHT, MARK = 10, 8, 40, 6
LEAST = 5
"""The height of a short time down, so that it can be seen."""
LEAST_SECONDS = 1.0


@dataclass(frozen=True)
class Drawing:
    """Paths of one kind each. Down also has a mark below the bar, so that no colour is needed."""

    width: int
    height: int
    up: str
    down: str
    unknown: str


@dataclass(frozen=True)
class Row:
    """Successive days of which the same is true."""

    days: str
    text: str


def draw(days: Sequence[Day]) -> Drawing:
    up, down, unknown = [], [], []
    for number, day in enumerate(days):
        x, whole = number * STEP, day.up + day.down + day.unknown
        low = _height(day.down, whole)
        blank = min(HEIGHT - low, _height(day.unknown, whole))
        unknown += [_box(x, 0, blank)] if blank else []
        up += [_box(x, blank, HEIGHT - low - blank)] if day.up and low + blank < HEIGHT else []
        down += [_box(x, HEIGHT - low, low), _box(x, HEIGHT + 3, MARK)] if low else []
    height = HEIGHT + 3 + MARK
    return Drawing(len(days) * STEP, height, " ".join(up), " ".join(down), " ".join(unknown))


def in_words(days: Sequence[Day]) -> list[Row]:
    """The latest first."""
    rows = []
    for text, group in groupby(reversed(days), key=words_of):
        found = list(group)
        first, last = found[-1].date, found[0].date
        span = f"{first.day} {first:%b}"
        rows.append(Row(span if first == last else f"{span} – {last.day} {last:%b}", text))
    return rows


def words_of(day: Day) -> str:
    """“up”, “not measured”, “down 12 min, not measured 3 h”."""
    if day.up + day.down < LEAST_SECONDS:
        return "not measured"
    parts = [f"down {duration(day.down)}"] if day.down else []
    if day.unknown >= LEAST_SECONDS:
        parts.append(f"not measured {duration(day.unknown)}")
    return ", ".join(parts) or "up"


def _height(seconds: float, whole: float) -> int:
    if seconds < LEAST_SECONDS or not whole:
        return LEAST if seconds > 0 and seconds == whole else 0
    return max(LEAST, round(HEIGHT * seconds / whole))


def _box(x: int, y: int, height: int) -> str:
    return f"M{x} {y}h{BAR}v{height}h-{BAR}z"
