"""Ratios: what is measured and its reference take turns in one run, on one machine."""

import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

ROUNDS = 5

Timed = Callable[[], float]
"""Does the work once; returns the seconds of one unit of it."""


@dataclass(frozen=True)
class Ratio:
    """Seconds of the reference by seconds of the product in each round: 1 is as fast."""

    rounds: list[float]
    seconds: float
    reference: float

    @property
    def median(self) -> float:
        return statistics.median(self.rounds)

    @property
    def spread(self) -> str:
        return f"{min(self.rounds):.2f}–{max(self.rounds):.2f}"


def measure(product: Timed, reference: Timed, *, rounds: int = ROUNDS) -> Ratio:
    """In interleaved rounds, after one of each that warms up."""
    product(), reference()
    pairs = [(product(), reference()) for _ in range(rounds)]
    return Ratio(
        [there / here for here, there in pairs],
        statistics.median(here for here, _ in pairs),
        statistics.median(there for _, there in pairs),
    )


def seconds_each(work: Callable[[], object], times: int = 1) -> float:
    started = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - started) / times


def machine() -> str:
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"


def header() -> str:
    return f"{'what':<44}{'ratio':>8}{'spread':>15}{'goal':>8}{'ours':>12}{'reference':>12}"


def line(what: str, found: Ratio, *, goal: float | None = None, at_most: bool = False) -> str:
    """With `at_most` the product may take so many times as long as the reference."""
    value = 1 / found.median if at_most else found.median
    met = goal is None or (value <= goal if at_most else value >= goal)
    wanted = "" if goal is None else f"{'≤' if at_most else '≥'} {goal:g}"
    verdict = "" if goal is None else ("  met" if met else "  MISSED")
    rounds = [1 / each for each in found.rounds] if at_most else found.rounds
    spread = f"{min(rounds):.2f}–{max(rounds):.2f}"
    ours, theirs = (f"{each * 1000:.2f} ms" for each in (found.seconds, found.reference))
    return f"{what:<44}{value:>8.2f}{spread:>15}{wanted:>8}{ours:>12}{theirs:>12}{verdict}"
