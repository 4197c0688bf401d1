"""The admins' table of studios: times of its pages from 642 studios up, on both engines.

    python -m bench.bench_admin [--sizes 642,1000000] [--keep FOLDER] [--engines sqlite,postgresql]

Each kind of page at each size: the 95th percentile of the processor's milliseconds of whole pages.
`--sizes 642,10000,100000,1000000` needs some minutes and 4 GB a million; with `--keep` SQLite's
files are created only once. PostgreSQL is asked at a million in a database that `bench.copied_rows`
filled: see `bench.bench_search`.
"""

import argparse
import json
import subprocess
import sys

from bench.bench_search import AT_LEAST, TIMES_AS_LONG, place
from bench.ratios import machine
from bench.servers import ROOT, environment


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
        print(f"    {kind:<32}" + "".join(f"{each:>12.1f}" for each in figures) + said, flush=True)


def times(env: dict[str, str], studios: int) -> dict[str, dict[str, float]]:
    words = [sys.executable, "-m", "bench.admin_times", str(studios)]
    done = subprocess.run(
        words, cwd=ROOT, env=environment(env), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{studios} studios could not be listed: {done.stderr[-2000:]}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="642,10000")
    parser.add_argument("--engines", default="sqlite,postgresql")
    parser.add_argument("--keep", help="a folder for what is made once")
    options = parser.parse_args()
    print(machine())
    for engine in options.engines.split(","):
        sizes(options, engine)


if __name__ == "__main__":
    main()
