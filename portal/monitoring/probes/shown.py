"""A probe as pages show it: its age in words, its availability, and its days as bars."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.core.durations import duration
from portal.monitoring.probes.days import Day, availability, unknown_share
from portal.monitoring.probes.models import Probe
from portal.monitoring.probes.queries import ProbeNow

HEIGHT = 40


@dataclass(frozen=True)
class Bar:
    """Heights in the drawing's own units; what is left is unknown."""

    up: float
    down: float
    said: str


@dataclass(frozen=True)
class Row:
    """A probe at a time. `why_not`: why it is not measured."""

    probe: Probe
    now: ProbeNow
    days: list[Day]
    why_not: str | None
    at: datetime

    @property
    def availability(self) -> float | None:
        return availability(self.days)

    @property
    def unknown(self) -> float:
        return unknown_share(self.days)

    @property
    def available(self) -> str:
        return share_said(self.availability or 0.0)

    @property
    def unknown_said(self) -> str:
        return share_said(self.unknown)

    @property
    def measured_said(self) -> str:
        """“9 s ago”; a time in the future was written by a wrong clock."""
        if self.now.measured_at is None:
            return "never"
        age = self.at - self.now.measured_at
        if age < timedelta(0):
            return "in the future: a clock is wrong"
        return f"{duration(round(age.total_seconds()))} ago".replace(".0 s", " s")

    @property
    def bars(self) -> list[Bar]:
        return [bar_of(day) for day in self.days]


def bar_of(day: Day) -> Bar:
    """At least a pixel of down time, however short it was."""
    total = day.total or 1.0
    down = max(2.0, HEIGHT * day.down / total) if day.down else 0.0
    up = min(HEIGHT * day.up / total, HEIGHT - down)
    parts = {"up": day.up, "down": day.down, "unknown": day.unknown}
    said = ", ".join(f"{name} {duration(part)}" for name, part in parts.items() if part)
    return Bar(round(up, 1), round(down, 1), f"{day.date}: {said or 'nothing yet'}")


def share_said(share: float) -> str:
    """Never rounded up to all, nor down to nothing."""
    percent = share * 100
    if percent in {0.0, 100.0}:
        return f"{percent:.0f} %"
    return f"{min(99.99, max(0.01, percent)):.2f} %"
