"""A child process that verifies ranges of the log.

It reads the database's place and then `first last` lines from standard input, and answers each with
a line of JSON: a Range. It ends at the end of its input, so that it never outlives its parent.
"""

import gc
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path

from portal.audit.chain.asking import reading_file, reading_server
from portal.audit.chain.ranges import Range, check_range
from portal.core.errors import Unavailable

IN_FLIGHT = 2
COMMAND = (sys.executable, "-m", "portal.audit.chain.range_process")

Limits = tuple[int, int]
Place = tuple[str, bool]
"""The path of a SQLite file or the address of a server's database; whether it is a file."""


class _Checker:
    """One such process, from the parent's side. It works on one range while another is queued."""

    def __init__(self, process: subprocess.Popen[str], ranges: Sequence[Limits]) -> None:
        self._process = process
        self._left = iter(ranges)
        for _ in range(IN_FLIGHT):
            self._ask()

    def answer(self) -> Range:
        """The result of its next range. Raises Unavailable if the process ended."""
        assert self._process.stdout is not None  # noqa: S101
        line = self._process.stdout.readline()
        if not line.endswith("\n"):
            raise Unavailable(
                "A process that checked the log ended in the middle. Verify it again."
            )
        self._ask()
        return Range(**json.loads(line))

    def _ask(self) -> None:
        if limits := next(self._left, None):
            _send(self._process, f"{limits[0]} {limits[1]}")


def check_ranges(place: Place, ranges: Sequence[Limits], *, processes: int) -> Iterator[Range]:
    """The result of each range in order, distributed over the processes."""
    with ExitStack() as stack:
        checkers = [
            _Checker(stack.enter_context(_started(place)), ranges[at::processes])
            for at in range(processes)
        ]
        for at in range(len(ranges)):
            yield checkers[at % processes].answer()


@contextmanager
def _started(place: Place) -> Iterator[subprocess.Popen[str]]:
    """The address is passed through the pipe, since command lines are readable by others."""
    pipe = subprocess.PIPE
    with subprocess.Popen(COMMAND, stdin=pipe, stdout=pipe, text=True) as process:
        try:
            _send(process, json.dumps(place))
            yield process
        finally:
            process.kill()


def _send(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdin is not None  # noqa: S101
    try:
        process.stdin.write(f"{line}\n")
        process.stdin.flush()
    except BrokenPipeError:
        pass  # reported when its answer is missing


def main() -> None:
    lines = iter(sys.stdin)
    place, is_file = json.loads(next(lines))
    gc.freeze()
    gc.disable()  # a record has no cycles, and looking for some takes a tenth of the time
    for line in lines:
        first, last = map(int, line.split())
        with reading_file(Path(place)) if is_file else reading_server(place) as ask:
            checked = check_range(ask, first, last)
        sys.stdout.write(f"{json.dumps(asdict(checked))}\n")
        sys.stdout.flush()
        gc.collect()  # of the connection, which has some


if __name__ == "__main__":
    main()
