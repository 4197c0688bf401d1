"""A fill of the search's index from beginning to end, as the worker does it: on SQLite.

    python -m bench.search_fill [STUDIOS] [--keep FOLDER]

Copies the demo's studios, without their index, and fills it in batches. Prints a line for each
tenth of the studios: processor milliseconds for each of them, the longest batch, and the memory of
the process. All words of a copy but one are the demo's: real studios have more different words.
"""

import argparse
import sys
import tempfile
import time
from contextlib import ExitStack
from os import environ
from pathlib import Path

import psutil
from sqlalchemy import Engine, create_engine, func, select

from bench.many_listed import fill_many_listed
from bench.ratios import machine
from bench.servers import set_up_demo
from portal.app import create_app
from portal.databases.engines import engine_for
from portal.databases.engines.base import DatabaseEngine
from portal.databases.engines.derived import EMPTYING, derived_state
from portal.databases.targets.config import target_named
from portal.directory.derived.filling import fill_some
from portal.directory.index.writing import SEARCH
from portal.directory.models import StudioProfile

PARTS = 10


def main() -> None:
    options = _options()
    print(machine(), flush=True)
    with ExitStack() as stack:
        folder = options.keep or stack.enter_context(tempfile.TemporaryDirectory())
        environ["PORTAL_DATA"] = str(Path(folder) / f"fill-{options.studios}")
        if not (Path(environ["PORTAL_DATA"]) / "ops.sqlite3").exists():
            set_up_demo({"PORTAL_DATA": environ["PORTAL_DATA"]})
        with create_app().app_context():
            url = target_named("development").url
            _grow(create_engine(url), options.studios)
            _fill(engine_for(url))


def _grow(engine: Engine, studios: int) -> None:
    with engine.begin() as connection:
        for _ in fill_many_listed(connection, studios=studios):
            pass
        of_search = derived_state.c.derived == SEARCH.name
        emptied = derived_state.update().where(of_search)
        connection.execute(emptied.values(filled_to=EMPTYING, is_whole=False))
    engine.dispose()


def _fill(engine: DatabaseEngine) -> None:
    ends = _ends(engine)
    print(f"{'studios':>10}{'ms each':>10}{'longest, s':>12}{'MB':>8}")
    batches, before, whole, is_whole = list[float](), 0, 0.0, False
    while not is_whole:
        took, to, is_whole = _batch(engine)
        batches.append(took)
        whole += took
        if ends and to >= ends[0][0]:
            now = max(studios for end, studios in ends if end <= to)
            ends = [each for each in ends if each[0] > to]
            memory = psutil.Process().memory_info().rss / 1_000_000
            each = sum(batches) * 1000 / (now - before)
            print(f"{now:>10,}{each:>10.2f}{max(batches):>12.2f}{memory:>8.0f}", flush=True)
            batches, before = [], now
    print(f"{whole:.0f} s of the processor")


def _ends(engine: DatabaseEngine) -> list[tuple[int, int]]:
    """Numbers of studios, each with how many there are up to it."""
    number = StudioProfile.id
    with engine.reading() as connection:
        last = connection.scalar(select(func.max(number))) or 0
        ends = [last * part // PARTS for part in range(1, PARTS + 1)]
        return [(e, connection.scalar(select(func.count()).where(number <= e)) or 0) for e in ends]


def _batch(engine: DatabaseEngine) -> tuple[float, int, bool]:
    """Seconds of the processor, up to which studio the index is filled, and whether it is whole."""
    table = derived_state.c
    state = select(table.filled_to, table.is_whole).where(table.derived == SEARCH.name)
    began = time.process_time()
    with engine.changing() as connection:
        fill_some(connection)
        to, is_whole = connection.execute(state).one()
    return time.process_time() - began, to, is_whole


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("studios", nargs="?", type=int, default=10_000)
    parser.add_argument("--keep", help="a folder for the demo and what is filled")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
