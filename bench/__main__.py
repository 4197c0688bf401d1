"""`make bench`: runs every benchmark in turn, with one progress bar.

    python -m bench [--minutes 10] [pages backup …]

A benchmark that fails, or exceeds its share of the time, is reported and the others continue. The
exit code is 1 if one did, or if a goal was missed.
"""

import argparse
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from bench.ratios import machine

FOLDER = Path(__file__).parent
#: Shares of the total time: seconds on two idle cores. Others may use what a benchmark leaves.
BUDGETS = {
    "bench_pages": 130,
    "bench_search": 50,
    "bench_admin": 60,
    "bench_documents": 35,
    "bench_start": 45,
    "bench_audit": 60,
    "bench_backup": 40,
    "bench_consolidation": 90,
    "bench_change": 45,
    "bench_sync": 45,
    "bench_folders": 15,
    "bench_room": 30,
    "bench_previews": 25,
    "bench_memory": 20,
}
OTHER = 20
TICK = 0.5
PATIENCE = 10
WIDTH = 30
#: SIGTERM raises SystemExit, so that context managers end their servers and delete folders.
STARTER = (
    "import runpy, signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(143));"
    " name = sys.argv.pop(); sys.argv[0] = name; runpy.run_module(name, run_name='__main__')"
)
ENDINGS = {"met": "met", "MISSED": "missed"}


@dataclass
class Outcome:
    """The result of one benchmark: `fault` is None if it succeeded."""

    name: str
    fault: str | None = None
    seconds: float = 0.0
    goals: dict[str, int] = field(default_factory=lambda: {"met": 0, "missed": 0, "open": 0})

    def read(self, line: str) -> None:
        """Count the verdict at the end of a line, if there is one."""
        last = line.rstrip().rpartition(" ")[2]
        if last in ENDINGS:
            self.goals[ENDINGS[last]] += 1
        elif "not judged: " in line:
            self.goals["open"] += 1


class Bar:
    """The last line of a terminal; without a terminal, only the benchmarks' output is printed."""

    def __init__(self, to: TextIO, whole: float) -> None:
        self._to, self._whole, self._shown = to, whole, to.isatty()

    def show(self, done: float, what: str, seconds: float) -> None:
        if self._shown:
            share = min(done / self._whole, 1)
            bar = ("█" * round(share * WIDTH)).ljust(WIDTH, "·")
            self._to.write(f"\r\x1b[K{bar} {share:4.0%}  {seconds:3.0f} s  {what}")
            self._to.flush()

    def clear(self) -> None:
        if self._shown:
            self._to.write("\r\x1b[K")
            self._to.flush()


def main() -> int:
    options = _options()
    names = _chosen(options.names)
    budgets = {name: BUDGETS.get(name, OTHER) for name in names}
    factor = options.minutes * 60 / sum(budgets.values())
    bar, began, spent = Bar(sys.stderr, sum(budgets.values())), time.monotonic(), 0.0
    print(machine(), flush=True)
    outcomes = []
    for name in names:
        end = began + (spent + budgets[name]) * factor
        print(f"\n== {name}", flush=True)
        tick = _shower(bar, name, spent, budgets[name], began)
        outcomes.append(run(name, limit=end - time.monotonic(), tick=tick, clear=bar.clear))
        spent += budgets[name]
    bar.clear()
    return _sum_up(outcomes, time.monotonic() - began)


def run(name: str, *, limit: float, tick: Callable[[], None], clear: Callable[[], None]) -> Outcome:
    """Run one benchmark in its own process group, which is killed as a whole at the limit."""
    outcome = Outcome(name)
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", STARTER, f"bench.{name}"],
        cwd=FOLDER.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    reader = threading.Thread(target=_pass_on, args=(process, outcome, clear), daemon=True)
    reader.start()
    began, worked = time.monotonic(), _processor()
    end = began + max(limit, 1)
    try:
        while process.poll() is None and time.monotonic() < end:
            tick()
            time.sleep(TICK)
        if process.poll() is None:
            outcome.fault = f"took longer than its {max(limit, 1):.0f} s and was ended"
    finally:
        _end(process)
    reader.join(timeout=5)
    outcome.seconds = time.monotonic() - began
    if outcome.fault is None and process.returncode:
        outcome.fault = f"ended with {process.returncode}"
    clear()
    took, work = f"{outcome.seconds:.0f} s of {max(limit, 1):.0f}", _processor() - worked
    print(f"-- {took}; {work:.0f} s of a processor", flush=True)
    if outcome.fault:
        print(f"FAILED: {name} {outcome.fault}", flush=True)
    return outcome


def _processor() -> float:
    """Processor seconds of ended child processes and their children: the measure for a busy
    machine, where elapsed time depends on other work."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _pass_on(process: "subprocess.Popen[str]", outcome: Outcome, clear: Callable[[], None]) -> None:
    assert process.stdout is not None
    with process.stdout as said:
        for line in said:
            clear()
            print(line, end="", flush=True)
            outcome.read(line)


def _end(process: "subprocess.Popen[str]") -> None:
    """Terminate the process if it is running; then kill the rest of its group, such as servers."""
    if process.poll() is None:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=PATIENCE)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _shower(bar: Bar, name: str, before: float, budget: float, began: float) -> Callable[[], None]:
    started = time.monotonic()

    def show() -> None:
        now = time.monotonic()
        bar.show(before + min(now - started, budget), name, now - began)

    return show


def _sum_up(outcomes: list[Outcome], seconds: float) -> int:
    faults = [each for each in outcomes if each.fault]
    met, missed, left = (
        sum(each.goals[kind] for each in outcomes) for kind in ("met", "missed", "open")
    )
    print(f"\n{len(outcomes) - len(faults)} of {len(outcomes)} files in {seconds:.0f} s: ", end="")
    print(f"{met} goals met, {missed} missed, {left} not judged")
    for each in faults:
        print(f"  {each.name} {each.fault}")
    return 1 if faults or missed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", help="such as pages; all without one")
    parser.add_argument("--minutes", type=float, default=10.0, help="for all files together")
    return parser.parse_args()


def _chosen(asked: list[str]) -> list[str]:
    there = sorted(each.stem for each in FOLDER.glob("bench_*.py"))
    order = [*(name for name in BUDGETS if name in there)]
    order += [name for name in there if name not in order]
    wanted = [f"bench_{each.removeprefix('bench_').removesuffix('.py')}" for each in asked]
    if unknown := [each for each in wanted if each not in there]:
        raise SystemExit(f"There is no {', '.join(unknown)} in bench/.")
    return wanted or order


if __name__ == "__main__":
    raise SystemExit(main())
