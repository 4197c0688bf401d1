"""Draws a timeline to scale: the position and label of each event."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.core.durations import duration
from portal.incidents.timelines.timeline import TimelineEvent

#: In the drawing's own units; the page scales it.
WIDTH, MARGIN = 300.0, 12.0
_LEVEL, _LEVELS, _APART = 13.0, 4, 15.0
_UNITS = {
    "minutes": (1, 2, 5, 10, 15, 30),
    "hours": (1, 2, 3, 6, 12),
    "days": (1, 2, 7, 14, 30, 90),
}
_STEPS = [timedelta(**{unit: size}) for unit, sizes in _UNITS.items() for size in sizes]
_TICKS = 4


@dataclass(frozen=True)
class Mark:
    """An event: its number in the list, its place on the line, and that of its number."""

    number: int
    x: float
    y: float


@dataclass(frozen=True)
class Tick:
    x: float
    label: str


@dataclass(frozen=True)
class Drawing:
    """`outage` is the start and length of the incident, if known."""

    height: float
    line: float
    marks: list[Mark]
    ticks: list[Tick]
    outage: tuple[float, float] | None
    width: float = WIDTH


def draw(moments: Sequence[TimelineEvent], times: Mapping[str, datetime]) -> Drawing | None:
    """None if fewer than two events can be placed, or all have the same time."""
    placed = [(number, moment.when) for number, moment in enumerate(moments, 1) if moment.when]
    instants = [when for _, when in placed]
    if len({when.tzinfo is None for when in instants}) != 1:
        return None
    if min(instants) == max(instants):
        return None
    first, span = min(instants), max(instants) - min(instants)

    def place(when: datetime) -> float:
        return round(MARGIN + (WIDTH - 2 * MARGIN) * ((when - first) / span), 1)

    marks, levels = _marks([(number, place(when)) for number, when in placed])
    line = 6 + _LEVEL * levels + 6
    return Drawing(
        height=line + 28,
        line=line,
        marks=marks,
        ticks=[Tick(place(first + at), f"+{duration(at)}" if at else "0") for at in _ticks(span)],
        outage=_outage(times, first, first + span, place),
    )


def _marks(places: list[tuple[int, float]]) -> tuple[list[Mark], int]:
    """Numbers that would overlap are stacked."""
    ends = [float("-inf")] * _LEVELS
    chosen: list[tuple[int, float, int]] = []
    for number, x in places:
        level = next((at for at, end in enumerate(ends) if x - end >= _APART), _LEVELS - 1)
        ends[level] = x
        chosen.append((number, x, level))
    levels = max(level for _, _, level in chosen) + 1
    return [Mark(n, x, 4 + _LEVEL * (levels - level)) for n, x, level in chosen], levels


def _ticks(span: timedelta) -> list[timedelta]:
    step = next((step for step in _STEPS if span / step <= _TICKS), span / _TICKS)
    return [step * count for count in range(int(span / step) + 1)]


def _outage(
    times: Mapping[str, datetime],
    first: datetime,
    last: datetime,
    place: Callable[[datetime], float],
) -> tuple[float, float] | None:
    start, end = times.get("started"), times.get("resolved")
    if not start or not end or {start.tzinfo is None, end.tzinfo is None} != {first.tzinfo is None}:
        return None
    start, end = max(start, first), min(end, last)
    return (place(start), round(place(end) - place(start), 1)) if start < end else None
