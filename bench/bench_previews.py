"""What nine slow previews at once cost everybody else.

Starts the site under its real server, opens nine pages for writing, and sends a text within the
limits that takes seconds from all of them at once. Meanwhile a second client asks for the public
list again and again. Prints the longest answer before and meanwhile; the goal is half a second.
"""

import statistics
import tempfile
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.journeys.stack import Stack
from tests.support.previewing import HEAD, SLOWER, Author

AUTHORS, GOAL = 9, 0.5
PATHS = ("/", "/studios")


class Visitor(threading.Thread):
    """Asks for public pages until told to stop; notes what each took."""

    def __init__(self, site: str) -> None:
        super().__init__()
        self._site, self._over = site, threading.Event()
        self.taken: list[float] = []

    def run(self) -> None:
        while not self._over.is_set():
            for path in PATHS:
                began = time.perf_counter()
                with urllib.request.urlopen(self._site + path, timeout=60) as answer:
                    answer.read()
                self.taken.append(time.perf_counter() - began)
            time.sleep(0.02)

    def end(self) -> list[float]:
        self._over.set()
        self.join()
        return self.taken


def visited(site: str, seconds: float) -> list[float]:
    visitor = Visitor(site)
    visitor.start()
    time.sleep(seconds)
    return visitor.end()


def asked(author: Author, number: int) -> tuple[float, float]:
    """Seconds until the first answer, and until the preview is there."""
    began = time.perf_counter()
    first = author.preview(f"{HEAD}Text {number}\n\n{SLOWER.removeprefix(HEAD)}".rstrip())
    answered = time.perf_counter() - began
    last = author.wait_for(first)
    assert last.status == 200, last.status
    assert "Too many" not in last.text
    return answered, time.perf_counter() - began


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        stack = Stack(Path(folder) / "instance", studios=200)
        made = stack.flask("portal", "setup", "--demo", "--studios", "200")
        assert made.returncode == 0, made.stderr
        try:
            stack.start("development", PORTAL_ENV="development", PORT=str(stack.port))
            stack.wait_for(f"{stack.development}/healthz")
            measure(stack)
        finally:
            stack.__exit__(None, None, None)


def measure(stack: Stack) -> None:
    login = stack.logins["admin"]
    authors = [Author(stack.development) for _ in range(AUTHORS)]
    for author in authors:
        author.log_in(login["email"], login["password"])
    visited(stack.development, 2)
    before = visited(stack.development, 5)
    visitor = Visitor(stack.development)
    visitor.start()
    with ThreadPoolExecutor(AUTHORS) as threads:
        found = list(threads.map(asked, authors, range(AUTHORS)))
    report(before, visitor.end(), found)


def report(before: list[float], meanwhile: list[float], found: list[tuple[float, float]]) -> None:
    for name, taken in (("alone", before), (f"beside {AUTHORS} previews", meanwhile)):
        median, longest = (
            f"{each * 1000:.0f} ms" for each in (statistics.median(taken), max(taken))
        )
        print(f"public page, {name:<20}{len(taken):>6} times, median {median}, longest {longest}")
    first, last = max(each[0] for each in found), max(each[1] for each in found)
    print(
        f"answer to a preview: {first:.2f} s at most; "
        f"all {AUTHORS} made or given up after {last:.1f} s"
    )
    delay = max(meanwhile) - statistics.median(before)
    print(
        f"longest delay {delay:.2f} s, goal ≤ {GOAL:g} s{'  met' if delay <= GOAL else '  MISSED'}"
    )


if __name__ == "__main__":
    main()
