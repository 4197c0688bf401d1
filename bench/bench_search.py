"""The search: times of each kind of search from 642 studios up, on both engines.

    python -m bench.bench_search [--sizes 642,10000] [--keep FOLDER] [--engines sqlite,postgresql]

Each kind of search at each size: the 95th percentile of the processor's milliseconds in this run,
without the rest of the page (`bench_pages` measures pages). `--sizes 642,100000,1000000` needs some
minutes and 5 GB a million; with `--keep` SQLite's files are created only once. PostgreSQL is asked
at a million in a database that `bench.copied_rows` filled: its address is the file `url` in
FOLDER/postgresql-1000000, which is the product's data of that demo.

The last line says how much was read from disk meanwhile (on SQLite): a file that is not in memory
has other times. Run it a second time for those of one that is.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.ratios import machine
from bench.servers import ROOT, environment, set_up_demo

TIMES_AS_LONG, AT_LEAST = 3, 15.0


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
    read = [sum(kind["disk"] for kind in found[each].values()) for each in asked]
    print(f"    {'MB read from disk':<24}" + "".join(f"{each:>12.1f}" for each in read), flush=True)


@contextmanager
def place(options: argparse.Namespace, engine: str, studios: int) -> Iterator[dict[str, str]]:
    """The variables of a directory that was set up for the demo; one that is kept may exist, on
    PostgreSQL with its address in the file `url`."""
    with ExitStack() as stack:
        folder = Path(options.keep or stack.enter_context(tempfile.TemporaryDirectory()))
        env = {"PORTAL_DATA": str(folder / f"{engine}-{studios}")}
        if (kept := Path(env["PORTAL_DATA"]) / "url").exists():
            env["DEVELOPMENT_DATABASE_URL"] = kept.read_text().strip()
        elif engine == "postgresql":
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
    print(machine())
    for engine in options.engines.split(","):
        sizes(options, engine)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="642,10000")
    parser.add_argument("--engines", default="sqlite,postgresql")
    parser.add_argument("--keep", help="a folder for what is made once")
    return parser.parse_args()


if __name__ == "__main__":
    main()
