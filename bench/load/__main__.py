"""Load test with the expected number of users; ends by itself.

    python -m bench.load                     five minutes for each engine and each way to start
    python -m bench.load --seconds 20 --engine sqlite --start guide
    python -m bench.load --people 0.1        a tenth of the people

200 readers and 20 writers, each with a second of thinking time between two pages; then 200
incomplete requests next to a normal client. The exit code is 1 if a goal was missed.
"""

import argparse
import asyncio
import dataclasses
import signal
import sys
import time

from bench.load.browser import Book
from bench.load.half import half_requests
from bench.load.judging import Line, served, verdicts, work
from bench.load.people import WHOLE, Crowd, Street
from bench.load.places import ENGINES, STARTS, Place, running
from bench.load.watch import Watch, locks_named
from bench.ratios import machine


def main() -> int:
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # ends everything that was started
    print(machine(), flush=True)
    missed = 0
    for engine in options.engine or ENGINES:
        for start in options.start or STARTS:
            with running(engine, start, options.studios) as place:
                missed += _prove(place, options)
    return 1 if missed else 0


def _prove(place: Place, options: argparse.Namespace) -> int:
    crowd = part_of(WHOLE, options.people)
    print(f"\n== {place.title}: {crowd.readers} readers and {crowd.writers} writers", end="")
    print(f" for {options.seconds:g} s", flush=True)
    lines = asyncio.run(under_load(place, crowd, seconds=options.seconds, think=options.think))
    _print(lines)
    more: list[Line] = []
    if options.half:
        more = list(served(asyncio.run(half_requests(place.server.port, seconds=options.half))))
        _print(more)
    return sum(each.met is False for each in lines + more)


async def under_load(place: Place, crowd: Crowd, *, seconds: float, think: float) -> list[Line]:
    book, watch = Book(), Watch(place)
    theirs, ours = place.processor(), time.process_time()
    watching = asyncio.create_task(watch.go_on())
    street = Street(place.server.port, book, seconds=seconds, think=think)
    try:
        await street.filled(crowd, place.people)
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
    spent = time.process_time() - ours, place.processor() - theirs
    lines = verdicts(book, watch, locks_named(place.logs), seconds)
    return [*lines, *work(len(book.samples), *spent, seconds)]


def part_of(crowd: Crowd, share: float) -> Crowd:
    """At least one of each."""
    counts = dataclasses.asdict(crowd)
    return Crowd(**{name: max(1, round(count * share)) for name, count in counts.items()})


def _print(lines: list[Line]) -> None:
    for each in lines:
        print(each)
    sys.stdout.flush()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.load",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--engine", choices=ENGINES, action="append")
    parser.add_argument("--start", choices=STARTS, action="append")
    parser.add_argument("--people", type=float, default=1.0, help="such as 0.1 for a tenth")
    parser.add_argument("--think", type=float, default=1.0, help="seconds between two pages")
    parser.add_argument("--half", type=float, default=15.0, help="seconds each; 0 for none")
    parser.add_argument("--studios", type=int, default=642)
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
