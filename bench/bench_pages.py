"""Pages compared with bare Flask, which serves the same bytes with as many processes and threads.

    python -m bench.bench_pages [--seconds 0.6] [--rounds 5] [--processor] [path …]

The product is started as in docs/operator.md. “Kept”: with the response cache; “anew”: without it.
For each page, requests per second; the second line has the servers' processor time per response,
which hardly depends on other load. `--processor` judges by the latter.
"""

import argparse
import gzip
import http.client
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing.pool import Pool
from pathlib import Path

from bench.datasette import datasette
from bench.load_maker import Driven, drive, drivers, request_for
from bench.ratios import ROUNDS, header, line, machine, ratio_of, unmeasured
from bench.searches import searches
from bench.servers import Server, bare_flask, product, sessions, set_up_demo

LIMIT = 0.5
"""Fraction of the reference's processor time: above this, the load maker is the bottleneck."""
OFF = {"PORTAL_KEEP_BYTES": "0"}
INCIDENT = "/client/incidents/2025-12-16-directory-offline"
PASSED_ON = {"content-type", "content-encoding", "etag", "cache-control", "vary"}


@dataclass(frozen=True)
class Page:
    """`who` is the role that is logged in; `goal` is a fraction of bare Flask's requests per
    second; `each_another`: no search is repeated, and bare Flask returns the response of `path`."""

    title: str
    path: str
    goal: float | None
    anew: bool = False
    unchanged: bool = False
    who: str | None = None
    beside: str = "flask"
    each_another: bool = False


def pages(studio: str) -> list[Page]:
    search = "/studios?q=voice"
    return [
        Page("/ kept", "/", 0.5),
        Page("/ anew", "/", 0.08, anew=True),
        Page("/ 304", "/", 0.7, unchanged=True),
        Page("a studio, kept", studio, 0.5),
        Page("a studio, anew", studio, 0.08, anew=True),
        Page("a studio, 304", studio, 0.7, unchanged=True),
        Page("/studios, another search each time", search, 0.08, each_another=True),
        Page("/studios?q=voice again", search, 0.5),
        Page("/studios?q=voice anew", search, None, anew=True),
        Page(
            "/studios?q=voice anew, beside Datasette", search, None, anew=True, beside="datasette"
        ),
        Page("/ops", "/ops", 0.04, who="admin"),
        Page("/ops/databases", "/ops/databases", 0.04, who="admin"),
        Page("/ops/incidents", "/ops/incidents", 0.04, who="admin"),
        Page("an incident for a client", INCIDENT, 0.05, who="client"),
    ]


@dataclass(frozen=True)
class Answer:
    """A response of the product, which bare Flask returns as well."""

    body: bytes
    headers: dict[str, str]

    @property
    def etag(self) -> str | None:
        return self.headers.get("etag")


class Stage:
    """The servers; only one of them is measured at a time."""

    def __init__(self, folder: Path, pool: Pool, stack: ExitStack) -> None:
        self._folder, self._pool, self._stack = folder, pool, stack
        self._env = {"PORTAL_DATA": str(folder / "data")}
        set_up_demo(self._env)
        self.people = sessions(self._env, admin=1, client=1)
        self.kept = stack.enter_context(product(self._env, folder))
        self.anew = stack.enter_context(product(self._env, folder, **OFF))
        self.datasette = stack.enter_context(
            datasette(folder / "data" / "development.sqlite3", folder)
        )
        self._answers: dict[str, Answer] = {}
        self._searches = searches()

    def look_at(self, wanted: list[Page]) -> None:
        """Fetch each page once and start bare Flask with the responses."""
        kept = {}
        for number, page in enumerate(wanted):
            answer = fetch(self.server(page), page.path, self.headers(page))
            if page.who and (renewed := answer.headers.get("set-cookie")):
                self.people[page.who][0]["cookie"] = renewed.partition(";")[0]  # as browsers do
            file = self._folder / f"answer-{number}"
            file.write_bytes(answer.body)
            self._answers[page.title] = answer
            kept[page.path] = (
                str(file),
                {k: v for k, v in answer.headers.items() if k in PASSED_ON},
            )
        kept.setdefault("/", next(iter(kept.values())))
        (self._folder / "answers.json").write_text(json.dumps(kept))
        self._bare = self._stack.enter_context(
            bare_flask(self._folder / "answers.json", self._folder)
        )

    def server(self, page: Page) -> Server:
        return self.anew if page.anew else self.kept

    def headers(self, page: Page) -> dict[str, str]:
        cookie = {"Cookie": self.people[page.who][0]["cookie"]} if page.who else {}
        return {"Accept_Encoding": "gzip", **cookie}

    def sides(
        self, page: Page
    ) -> tuple[Callable[[float], Driven], Callable[[float], Driven]] | str:
        """Functions that load the product and the reference for a number of seconds; or why that is
        impossible."""
        headers, status = self.headers(page), 200
        if page.unchanged:
            etag = self._answers[page.title].etag
            if etag is None:
                return "the answer has no ETag"
            headers, status = {**headers, "If_None_Match": etag}, 304
        if page.beside == "datasette" and self.datasette is None:
            return "Datasette is not installed: make .venv/datasette"
        there, theirs = self._bare, [request_for(page.path, **headers)]
        if page.beside == "datasette" and self.datasette is not None:
            there, theirs = self.datasette, [request_for(DATASETTE_SEARCH, **headers)]
        return (
            lambda seconds: drive(
                self._pool,
                self.server(page),
                self._requests(page, headers, seconds),
                status=status,
                seconds=seconds,
            ),
            lambda seconds: drive(self._pool, there, theirs, status=status, seconds=seconds),
        )

    def _requests(self, page: Page, headers: dict[str, str], seconds: float) -> list[bytes]:
        """The requests of one round. Searches are not repeated."""
        if not page.each_another:
            return [request_for(page.path, **headers)]
        count = int(SEARCHES_A_SECOND * seconds)
        some, self._searches = self._searches[:count], self._searches[count:]
        if len(some) < count:
            raise SystemExit("There are no more searches: ask for fewer seconds or rounds.")
        return [request_for(path, **headers) for path in some]


SEARCHES_A_SECOND = 500
"""More than two processes can answer without the cache."""
DATASETTE_SEARCH = (
    "/development/studio_profiles?_size=24&_nofacet=1&_nosuggest=1&name__contains=voice"
)


def fetch(server: Server, path: str, headers: dict[str, str]) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("GET", path, headers={"Host": "localhost", **named})
    response = connection.getresponse()
    body = response.read()
    connection.close()
    if response.status != 200:
        raise SystemExit(f"{path} answers {response.status}: {body[:300]!r}")
    return Answer(body, {name.lower(): value for name, value in response.getheaders()})


def show(stage: Stage, page: Page, options: argparse.Namespace) -> float | None:
    """Prints the page's lines; returns the load maker's processor time as a fraction of the
    reference's."""
    sides = stage.sides(page)
    if isinstance(sides, str):
        print(f"{page.title:<44}{sides}" if page.goal is None else unmeasured(page.title, sides))
        return None
    ours, theirs = sides
    ours(0.4), theirs(0.4)
    rounds = [(ours(options.seconds), theirs(options.seconds)) for _ in range(options.rounds)]
    clock = ratio_of([(here.seconds, there.seconds) for here, there in rounds])
    work = ratio_of([(here.processor, there.processor) for here, there in rounds])
    by_work = options.processor
    print(line(page.title, clock, goal=None if by_work else page.goal))
    print(line("    its processor time", work, goal=page.goal if by_work else None), flush=True)
    return max((there.own / there.processor for _, there in rounds if there.processor), default=1)


@contextmanager
def staged() -> Iterator[Stage]:
    with drivers() as pool, ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        yield Stage(folder, pool, stack)


def a_studio(server: Server) -> str:
    """The address of the first studio in the list."""
    answer = fetch(server, "/studios", {})
    text = answer.body
    if answer.headers.get("content-encoding") == "gzip":
        text = gzip.decompress(text)
    start = text.index(b'href="/studios/') + 6
    return text[start : text.index(b'"', start)].decode()


def main() -> None:
    options = _options()
    with staged() as stage:
        print(f"{machine()}\n{header()}")
        every = pages(a_studio(stage.kept))
        wanted = [page for page in every if not options.paths or page.path in options.paths]
        stage.look_at(wanted)
        own = [found for page in wanted if (found := show(stage, page, options)) is not None]
    if own:
        verdict = "met" if max(own) <= LIMIT else "MISSED"
        said = f"The load maker took {max(own):.2f} of a reference's processor time at most"
        print(f"{said}, goal ≤ {LIMIT:g}  {verdict}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", nargs="*", help="only these, such as / or /ops")
    parser.add_argument("--seconds", type=float, default=0.6, help="of each round")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--processor", action="store_true", help="judge by processor time")
    return parser.parse_args()


if __name__ == "__main__":
    main()
