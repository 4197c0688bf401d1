"""The consolidation under the guard, compared with the revision's bare statements; its checks are
ours.

    python -m bench.bench_consolidation                         100,000 studios; a server 10,000
    python -m bench.bench_consolidation 1000000 --engine sqlite

Under the guard: everything that a change of a directory does after the backup: lock, identity,
drift, checks before and after, journal, progress, commit, record. Bare: the statements of the same
revisions, from the legacy schema to the newest, on an identical database, in one transaction and
with SQLite's default settings for both. Each round begins with an identical database. Below 100,000
studios the ratio is reported without a goal, as the guard's fixed cost dominates. The peak memory
of the migrating process is compared with that for a tenth of the studios.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass

from alembic.migration import MigrationContext
from alembic.operations import Operations

from bench.one_change import KIND
from bench.places import Place, on_postgresql, on_sqlite
from bench.ratios import ROUNDS, header, line, machine, ratio_of
from bench.rooms import LEGACY, filled, room
from portal.audit.actor import SYSTEM
from portal.core.storage.database import db
from portal.databases.migrations.history import FOLDER, History
from portal.jobs.operations.service import request_operation

SIZES = {"sqlite": 100_000, "postgresql": 10_000}
"""Defaults: on a server each round fills a new database."""
JUDGED = 100_000
GOAL, FLAT, TENTH = 1.5, 1.2, 10
PLACES = {"sqlite": on_sqlite, "postgresql": on_postgresql}


@dataclass(frozen=True)
class Spent:
    """Elapsed seconds and processor seconds of this process; peak memory in bytes, if known."""

    seconds: float
    processor: float
    memory: int = 0


@dataclass
class Stage:
    """A control room whose development database is at the legacy schema, with this many studios."""

    place: Place
    studios: int

    @property
    def environ(self) -> dict[str, str]:
        folder = str(self.place.folder)
        return {"PORTAL_DATA": folder, "SECRET_KEY": "bench", **self.place.variables}

    def begin(self) -> None:
        """Restore the database to the state before the first round."""
        if self.place.go_back():
            return
        with room(self.environ):
            filled("development", self.studios)
        self.place.remember()

    def bare(self) -> Spent:
        history = History(FOLDER)
        modules = [each.module for each in history.pending(LEGACY, history.head())]
        with self.place.copy() as connection:
            os.sync()  # earlier writes are not measured here
            started, own = time.perf_counter(), time.process_time()
            with connection.begin(), Operations.context(MigrationContext.configure(connection)):
                for each in modules:
                    each.upgrade()
            return Spent(time.perf_counter() - started, time.process_time() - own)

    def guarded(self) -> Spent:
        """In a process like the worker's."""
        with room(self.environ):
            operation = request_operation(KIND, by=SYSTEM, target="development")
            db.session.commit()
            number = operation.id
        os.sync()
        words = [sys.executable, "-m", "bench.one_change", str(number)]
        env = {**os.environ, **self.environ}
        done = subprocess.run(words, env=env, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"The change failed: {done.stderr[-2000:]}")
        return Spent(**json.loads(done.stdout.splitlines()[-1]))


def measured(engine: str, studios: int, rounds: int) -> int:
    """Prints the lines of one engine and size; returns the peak memory of the changes."""
    pairs = []
    with PLACES[engine]() as place:
        stage = Stage(place, studios)
        for number in range(rounds + 1):
            stage.begin()
            bare, guarded = stage.bare(), stage.guarded()
            if number:  # the first round is a warm-up
                pairs.append((guarded, bare))
    what = f"{studios:,} studios, {engine}"
    goal = GOAL if studios >= JUDGED else None
    clock = ratio_of([(ours.seconds, bare.seconds) for ours, bare in pairs])
    print(line(what, clock, goal=goal, at_most=True), flush=True)
    if engine == "sqlite":  # a server's statements run in its own processes
        work = ratio_of([(ours.processor, bare.processor) for ours, bare in pairs])
        print(line("    its processor time", work, at_most=True), flush=True)
    return max(ours.memory for ours, _ in pairs)


def peak(engine: str, studios: int) -> int:
    """The peak memory of one change."""
    with PLACES[engine]() as place:
        stage = Stage(place, studios)
        stage.begin()
        return stage.guarded().memory


def main() -> None:
    options = _options()
    print(f"{machine()}\n{header()}")
    for engine in options.engine or PLACES:
        for studios in options.studios or [SIZES[engine]]:
            most = measured(engine, studios, options.rounds)
            _say_memory(engine, studios, most, peak(engine, studios // TENTH))


def _say_memory(engine: str, studios: int, most: int, least: int) -> None:
    """The goal: peak memory of the migrating process is independent of the number of studios."""
    ratio = most / least
    verdict = "met" if ratio <= FLAT else "MISSED"
    print(f"peak memory, {engine}: {studios // TENTH:,} studios {least / 1e6:.0f} MB,", end=" ")
    print(f"{studios:,} {most / 1e6:.0f} MB: {ratio:.2f}, goal ≤ {FLAT:g}  {verdict}", flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("studios", nargs="*", type=int)
    parser.add_argument("--engine", choices=sorted(PLACES), action="append")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
