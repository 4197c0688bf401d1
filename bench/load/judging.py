"""The verdicts: each line has the result, the goal, and whether it was met."""

import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bench.load.browser import NO_ANSWER, UNFINISHED, Book, Sample
from bench.load.half import Served
from bench.load.people import CONTROL, KINDS, LOGIN, ROOM
from bench.load.watch import Look, Watch

SLOWEST = 1.5
"""Seconds, for 99 of 100 requests of each kind."""
INSIDE = 1.0
"""Seconds, for 95 of 100 of each page of the control room and of logging in; and the longest that a
normal client waits during incomplete requests."""
GROWTH = 0.15
MAKER = 0.5
"""Processors: a load maker that takes more is itself the bottleneck."""
LATE = 0.25
"""Seconds by which the load maker itself may wake late, in 99 of 100 cases."""
WAL_MB = {"sqlite": 64, "postgresql": 1024}
SESSIONS = 100
MINUTE = 60.0


@dataclass(frozen=True)
class Line:
    """`met`: None if there is no goal."""

    what: str
    found: str
    wanted: str = ""
    met: bool | None = None

    def __str__(self) -> str:
        verdict = "" if self.met is None else ("  met" if self.met else "  MISSED")
        return f"{self.what:<38}{self.found:<42}{self.wanted:<14}{verdict}".rstrip()


def verdicts(book: Book, watch: Watch, locks: Sequence[str], seconds: float) -> list[Line]:
    lines = [*answers(book), *times(book, watch), *_locks(locks)]
    lines += [*memory(watch.looks, seconds), *bounds(watch, seconds)]
    return lines


def answers(book: Book) -> Iterator[Line]:
    whole = [each for each in book.samples if each.status != UNFINISHED]
    errors = [each for each in whole if each.status >= 500]
    lost = [each for each in whole if each.status == NO_ANSWER]
    slow = [each for each in book.samples if each.status == UNFINISHED and each.seconds > SLOWEST]
    yield Line("requests", f"{len(whole):,}", "some", bool(whole))
    by_kind = ", ".join(sorted({f"{each.status} at {each.kind}" for each in errors})) or "none"
    yield Line("answers 5xx", f"{len(errors)}: {by_kind}"[:80], "none", not errors)
    waiting = f"{len(lost)}; {len(slow)} waited over {SLOWEST:g} s at the end"  # see `_times_of`
    yield Line("requests without an answer", waiting, "none", not lost)
    for what, count in sorted(book.faults.items()):
        yield Line("  " + what, str(count), "none", met=False)


def times(book: Book, watch: Watch) -> Iterator[Line]:
    late = percentile(watch.lags, 0.99)
    yield Line(
        "the load maker wakes late",
        f"p99 {late * 1000:.0f} ms, worst {max(watch.lags, default=0) * 1000:.0f} ms",
        f"≤ {LATE * 1000:.0f} ms",
        bool(watch.lags) and late <= LATE,
    )
    for kind in KINDS:
        yield _times_of(kind, [each for each in book.samples if each.kind == kind])
    yield _times_of("all", book.samples)
    for path in ROOM:
        there = [each for each in book.samples if each.kind == CONTROL and each.path == path]
        yield _times_of(path, there, share=0.95, slowest=INSIDE)
    inside = [each for each in book.samples if each.kind == LOGIN]
    yield _times_of("logging in and out", inside, share=0.95, slowest=INSIDE)


def _times_of(
    kind: str, samples: Iterable[Sample], *, share: float = 0.99, slowest: float = SLOWEST
) -> Line:
    """Requests cut off by the end of the run count with their waiting time, if that is too long."""
    counted = [
        each.seconds for each in samples if each.status != UNFINISHED or each.seconds > slowest
    ]
    wanted = f"p{share * 100:.0f} ≤ {slowest:g} s"
    if not counted:
        return Line(f"{kind}, seconds"[:38], "not one answer", wanted, met=False)
    p50, p95, p99 = (percentile(counted, part) for part in (0.5, 0.95, 0.99))
    found = f"{len(counted):>6,}  p50 {p50:.2f}  p95 {p95:.2f}  p99 {p99:.2f}"
    return Line(f"{kind}, seconds"[:38], found, wanted, percentile(counted, share) <= slowest)


def work(requests: int, ours: float, theirs: float, seconds: float) -> Iterator[Line]:
    """Processor time depends little on other load; elapsed time does."""
    if not requests:
        return
    yield Line(
        "processor time for a request",
        f"product {theirs / requests * 1000:.1f} ms, load maker {ours / requests * 1000:.1f} ms",
    )
    yield Line(
        "processors busy with the product",
        f"{theirs / seconds:.2f}; with the load maker {ours / seconds:.2f}",
        f"≤ {MAKER:g}",
        ours / seconds <= MAKER,
    )


def _locks(locks: Sequence[str]) -> Iterator[Line]:
    yield Line("lock time-outs in the logs", str(len(locks)), "none", not locks)
    yield from (Line(f"  {each.strip()[:90]}", "") for each in locks[:3])


def memory(looks: Sequence[Look], seconds: float) -> Iterator[Line]:
    """For each process that ran in the first and in the last minute."""
    span = min(MINUTE, seconds / 5)
    first, last = windows(looks, span)
    titles = sorted({title for look in looks for title in look.memory})
    for title in titles:
        there = [
            [look.memory[title] for look in window if title in look.memory]
            for window in (first, last)
        ]
        if not all(there):
            yield Line(f"memory, {title}", "not there all the time", "the same", met=False)
            continue
        before, after = (statistics.median(each) for each in there)
        growth = after / before - 1
        found = f"{before / 1e6:.0f} MB, at the end {after / 1e6:.0f} MB ({growth:+.0%})"
        is_web = title.startswith("web")
        goal, met = (f"± {GROWTH:.0%}", abs(growth) <= GROWTH) if is_web else ("", None)
        yield Line(f"memory, {title}", found, goal, met)
    if not any(title.startswith("web") for title in titles):
        yield Line("memory of the web processes", "none was seen", "some", met=False)


def bounds(watch: Watch, seconds: float) -> Iterator[Line]:
    place, looks = watch.place, watch.looks
    span = min(MINUTE, seconds / 5)
    first, last = windows(looks, span)
    most = max((look.wal for look in looks), default=0) / 1e6
    limit = WAL_MB[place.engine]
    yield Line("log written ahead (WAL), at most", f"{most:.1f} MB", f"≤ {limit} MB", most <= limit)
    if place.database:
        sessions = max((look.connections for look in looks), default=0)
        yield Line("sessions at the server", str(sessions), f"< {SESSIONS}", sessions < SESSIONS)
    before, after = (
        max((max(look.files.values(), default=0) for look in window), default=0)
        for window in (first, last)
    )
    yield Line(
        "open files of a process",
        f"{before} in the first minute, {after} in the last",
        "≤ +20 %",
        bool(before) and after <= before * 1.2 + 5,
    )


def served(found: Sequence[Served]) -> Iterator[Line]:
    for each in found:
        said = f"median {each.median:.3f}, worst {each.worst:.2f} of {each.asked}"
        met = not each.failed and each.worst <= INSIDE
        failed = f" ({each.failed} failed)" if each.failed else ""
        halves = f", {each.halves} stood" if each.halves else ""
        found = said + failed + halves
        yield Line(f"healthy client, {each.beside}"[:38], found, f"≤ {INSIDE:g} s", met)


def windows(looks: Sequence[Look], span: float) -> tuple[list[Look], list[Look]]:
    """The samples of the first `span` seconds, and of the last ones."""
    end = max((look.at for look in looks), default=0.0)
    return (
        [look for look in looks if look.at <= span],
        [look for look in looks if look.at >= end - span],
    )


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share of all values does not exceed; 0 if there are none."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else 0.0
