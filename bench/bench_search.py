"""The search: its page compared with bare Flask and Datasette, and its times from 642 studios up.

    python -m bench.bench_search [--seconds 1] [--rounds 5] [--sizes 642,10000] [--keep FOLDER]
                                 [--engines sqlite,postgresql] [--no-pages]

The first lines are pages over HTTP at 642 studios: a different search for every request, then one
search repeated. The table below is each kind of search at each size, the 95th percentile of the
processor's milliseconds in this run (without the rest of the page). `--sizes 642,100000,1000000`
needs some minutes and 5 GB a million; with `--keep` SQLite's files are created only once.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice
from itertools import product as every_pair
from pathlib import Path

from bench.bench_pages import PASSED_ON, fetch
from bench.datasette import datasette
from bench.load_maker import Driven, drive, drivers, request_for
from bench.ratios import ROUNDS, header, line, machine, ratio_of, unmeasured
from bench.search_times import CITIES, SERVICES, TYPES, WORDS
from bench.servers import ROOT, Server, bare_flask, environment, product, set_up_demo

MANY = 1500
"""Searches per round: more than a server can answer."""
TIMES_AS_LONG, AT_LEAST = 3, 15.0
AGAIN = "/studios?q=voice"


def searches() -> Iterator[str]:
    """Addresses without repetition."""
    for number, (word, other, city) in enumerate(every_pair(range(10_000), WORDS, CITIES)):
        kind, service = TYPES[number % 3], SERVICES[number % 4]
        forms = (
            f"/studios?q={other}&radius={word + 1}",
            f"/studios?near={city.replace(' ', '+')}&radius={word + 1}.{number % 1000}",
            f"/studios?q={other}&type={kind}&radius={word + 1}.{number % 1000}",
            f"/studios?service={service}&sort=rating&radius={word + 1}.{number % 1000}",
        )
        yield forms[number % len(forms)]


def pages(options: argparse.Namespace) -> None:
    with drivers() as pool, ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        env = {"PORTAL_DATA": str(folder / "data")}
        set_up_demo(env)
        ours = stack.enter_context(product(env, folder))
        theirs = stack.enter_context(datasette(folder / "data" / "development.sqlite3", folder))
        bare = stack.enter_context(bare_flask(_answer(ours, folder), folder))
        fresh, headers = searches(), {"Accept_Encoding": "gzip"}

        def another(seconds: float) -> Driven:
            asked = [request_for(path, **headers) for path in islice(fresh, MANY)]
            return drive(pool, ours, asked, status=200, seconds=seconds)

        def ask(server: Server, path: str) -> Callable[[float], Driven]:
            request = request_for(path, **headers)
            return lambda seconds: drive(pool, server, request, status=200, seconds=seconds)

        reference = ask(bare, AGAIN)
        show("every request another search", another, reference, 0.08, options)
        if theirs is None:
            print("    beside Datasette: it is not installed: make .venv/datasette")
        else:
            path = "/development/studio_profiles?_size=24&_nofacet=1&_nosuggest=1&name__contains=a"
            show("    beside Datasette", another, ask(theirs, path), None, options)
        show("a search asked again", ask(ours, AGAIN), reference, 0.5, options)


def _answer(server: Server, folder: Path) -> Path:
    """The response of bare Flask: a search page, the same bytes."""
    answer = fetch(server, AGAIN, {"Accept_Encoding": "gzip"})
    (folder / "answer").write_bytes(answer.body)
    headers = {name: value for name, value in answer.headers.items() if name in PASSED_ON}
    file = folder / "answers.json"
    given = (str(folder / "answer"), headers)
    file.write_text(json.dumps({AGAIN: given, "/": given}))
    return file


def show(
    title: str,
    ours: Callable[[float], Driven],
    theirs: Callable[[float], Driven],
    goal: float | None,
    options: argparse.Namespace,
) -> None:
    """By processor time, as elapsed time depends on other load."""
    ours(0.4), theirs(0.4)
    rounds = [(ours(options.seconds), theirs(options.seconds)) for _ in range(options.rounds)]
    print(line(title, ratio_of([(a.seconds, b.seconds) for a, b in rounds])))
    work = ratio_of([(a.processor, b.processor) for a, b in rounds])
    print(line("    its processor time", work, goal=goal), flush=True)


def sizes(options: argparse.Namespace, engine: str) -> None:
    asked = [int(each) for each in options.sizes.split(",")]
    found = {}
    for studios in asked:
        with place(options, engine, studios) as env:
            found[studios] = times(env, studios)
    first, last = asked[0], asked[-1]
    print(f"\n{engine}: 95th percentile, ms" + "".join(f"{each:>12,}" for each in asked))
    for kind, least in found[first].items():
        figures = [found[each][kind]["p95"] for each in asked]
        goal = max(TIMES_AS_LONG * least["p95"], AT_LEAST)
        verdict = "met" if figures[-1] <= goal else "MISSED"
        said = f"  ≤ {goal:.0f} at {last:,}  {verdict}" if last > first else ""
        print(f"    {kind:<24}" + "".join(f"{each:>12.1f}" for each in figures) + said, flush=True)


@contextmanager
def place(options: argparse.Namespace, engine: str, studios: int) -> Iterator[dict[str, str]]:
    """The variables of a directory that was set up for the demo; SQLite's may exist already."""
    with ExitStack() as stack:
        folder = Path(options.keep or stack.enter_context(tempfile.TemporaryDirectory()))
        env = {"PORTAL_DATA": str(folder / f"{engine}-{studios}")}
        if engine == "postgresql":
            from tests.support.postgres import running_server  # noqa: PLC0415 — only where asked for

            env["PORTAL_DATA"] = stack.enter_context(tempfile.TemporaryDirectory())
            url = stack.enter_context(running_server().database())
            env["DEVELOPMENT_DATABASE_URL"] = url.render_as_string(hide_password=False)
        if not (Path(env["PORTAL_DATA"]) / "ops.sqlite3").exists():
            set_up_demo(env)
        yield env


def times(env: dict[str, str], studios: int) -> dict[str, dict[str, float]]:
    words = [sys.executable, "-m", "bench.search_times", str(studios)]
    done = subprocess.run(
        words, cwd=ROOT, env=environment(env), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{studios} studios could not be searched: {done.stderr[-2000:]}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    options = _options()
    print(f"{machine()}\n{header()}")
    if options.no_pages:
        print(unmeasured("pages over HTTP", "left out").removesuffix("  MISSED"))
    else:
        pages(options)
    for engine in options.engines.split(","):
        sizes(options, engine)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--sizes", default="642,10000")
    parser.add_argument("--engines", default="sqlite,postgresql")
    parser.add_argument("--keep", help="a folder for SQLite's files, made once")
    parser.add_argument("--no-pages", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
