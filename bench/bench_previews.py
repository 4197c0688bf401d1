"""The effect of nine concurrent slow previews on other requests.

    python -m bench.bench_previews [--rounds 5] [--lines 500]

Starts the site as in the guide, opens nine editor pages, and sends an expensive text from all of
them at once. Meanwhile a second client requests public pages repeatedly, as it did alone just
before. The goal applies to the longest response time; the ratio to the median.
"""

import argparse
import json
import statistics
import tempfile
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.ratios import ROUNDS, header, line, machine, ratio_of, verdict_of
from bench.servers import product, set_up_demo
from tests.support.previewing import HEAD, Author

AUTHORS, GOAL, ALONE = 9, 0.5, 1.5
LINES = 500
"""A quarter of the limit: nine such texts are rendered in seconds, which permits several rounds."""
PATHS = ("/", "/studios")


class Visitor(threading.Thread):
    """Requests public pages until stopped; records the response times."""

    def __init__(self, site: str) -> None:
        super().__init__()
        self._site, self._over = site, threading.Event()
        self.taken: list[float] = []

    def run(self) -> None:
        while not self._over.is_set():
            for path in PATHS:
                began = time.perf_counter()
                with urllib.request.urlopen(self._site + path, timeout=120) as answer:
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


def asked(author: Author, text: str) -> tuple[float, float]:
    """Seconds until the first response, and until the preview is ready."""
    began = time.perf_counter()
    first = author.preview(text)
    answered = time.perf_counter() - began
    last = author.wait_for(first, seconds=300)
    if last.status != 200 or "Too many" in last.text:
        raise SystemExit(f"A preview was not made: {last.status} {last.text[:300]}")
    return answered, time.perf_counter() - began


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        env = {"PORTAL_DATA": str(folder / "data")}
        set_up_demo(env, studios=200)
        login = json.loads((folder / "data" / "demo-accounts.json").read_text())["admin"]
        with product(env, folder) as server:
            site = f"http://localhost:{server.port}"
            authors = [Author(site) for _ in range(AUTHORS)]
            for author in authors:
                author.log_in(login["email"], login["password"])
            visited(site, 2)
            print(f"{machine()}\n{header()}", flush=True)
            rounds = [one_round(site, authors, options.lines, n) for n in range(options.rounds)]
    report(rounds)


Round = tuple[list[float], list[float], list[tuple[float, float]]]
"""Page times alone; page times during previews; and, for each preview, its first response and its
end."""


def one_round(site: str, authors: list[Author], lines: int, number: int) -> Round:
    alone = visited(site, ALONE)
    visitor = Visitor(site)
    visitor.start()
    texts = [
        f"{HEAD}Text {number} {each}\n\n" + f"{'- ' * 20}list\n" * lines
        for each in range(len(authors))
    ]
    try:
        with ThreadPoolExecutor(len(authors)) as threads:
            found = list(threads.map(asked, authors, texts))
    finally:
        meanwhile = visitor.end()
    return alone, meanwhile, found


def report(rounds: list[Round]) -> None:
    pairs = [
        (statistics.median(meanwhile), statistics.median(alone)) for alone, meanwhile, _ in rounds
    ]
    print(line(f"a public page beside {AUTHORS} previews, alone", ratio_of(pairs), at_most=True))
    delays = sorted(max(meanwhile) - statistics.median(alone) for alone, meanwhile, _ in rounds)
    middle = statistics.median(delays)
    print(f"longest delay of a public page {middle:.2f} s", end="")
    print(f" ({delays[0]:.2f} to {delays[-1]:.2f}), goal ≤ {GOAL:g} s", end="  ")
    print(verdict_of(len(rounds), middle <= GOAL))
    first, last = (max(each[at] for _, _, found in rounds for each in found) for at in (0, 1))
    print(
        f"answer to a preview: {first:.2f} s at most; all {AUTHORS} made after {last:.1f} s at most"
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--lines", type=int, default=LINES, help="1,990 are the limit of a text")
    return parser.parse_args()


if __name__ == "__main__":
    main()
