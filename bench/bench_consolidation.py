"""The consolidation under the guard, compared with the revision's bare statements; its checks are
ours.

    python -m bench.bench_consolidation                         100,000 studios; a server 10,000
    python -m bench.bench_consolidation 1000000 --engine sqlite

Under the guard: the whole operation “change”: its lease, lock, identity, drift, every check before
and after, the look for rows that refer to nothing, all objects of the schema after each revision,
journal, progress, commit, record, until its end is written. All checks count as ours. Not measured:
the backup with its proof, and, for production, the rehearsal on its copy; both are operations of
their own, before the change. Bare: the statements of the same revisions, from the legacy schema to
the newest (with the questions by which a revision itself refuses), on an identical database, in one
transaction, from connecting to closing.

Both run in a process of their own that has loaded what the worker's has, with the same settings of
the connection, which are SQLite's defaults but for `secure_delete`. Each round begins with an
identical database, after everything written before was flushed. Below 100,000 studios the ratio is
reported without a goal, as the guard's fixed cost dominates. The peak memory of the migrating
process is compared with that for a tenth of the studios.
"""

import argparse
import json
import os
import subprocess
import sys
from dataclasses import dataclass, replace

from bench.one_change import KIND
from bench.places import Place, on_postgresql, on_sqlite
from bench.ratios import ROUNDS, header, line, machine, ratio_of
from bench.rooms import filled, room
from portal.audit.actor import SYSTEM
from portal.core.storage.database import db
from portal.jobs.operations.service import request_operation

SIZES = {"sqlite": 100_000, "postgresql": 10_000}
"""Defaults: on a server each round fills a new database."""
JUDGED = 100_000
GOAL, FLAT, TENTH = 1.5, 1.2, 10
PLACES = {"sqlite": on_sqlite, "postgresql": on_postgresql}


@dataclass(frozen=True)
class Spent:
    """Of a process: elapsed seconds, processor seconds (its server's too), peak memory in bytes."""

    seconds: float
    processor: float
    memory: int


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
        with self.place.copy() as url:
            return self._measured("bench.one_bare", url.render_as_string(hide_password=False))

    def guarded(self) -> Spent:
        """In a process like the worker's."""
        with room(self.environ):
            operation = request_operation(KIND, by=SYSTEM, target="development")
            db.session.commit()
            number = operation.id
        return self._measured("bench.one_change", str(number))

    def _measured(self, module: str, what: str) -> Spent:
        os.sync()  # earlier writes are not measured here
        before = self.place.server_seconds()
        words = [sys.executable, "-m", module, what]
        env = {**os.environ, **self.environ}
        done = subprocess.run(words, env=env, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{module} failed: {done.stderr[-2000:]}")
        spent = Spent(**json.loads(done.stdout.splitlines()[-1]))
        its_server = self.place.server_seconds() - before
        return replace(spent, processor=spent.processor + its_server)


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
