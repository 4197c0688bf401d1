"""What the guard costs: the consolidation of a million studios under it, and the same bare.

For each engine and size: how often somebody outside saw the progress move, the peak memory of the
process that migrates, and the time of the change beside that of the revision's statements alone, in
one transaction on an equal database, without and with the promises that the revision makes. Other
sizes come from the command line:

    python bench/bench_migration.py 10000 200000
"""

import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection

from bench.many_studios import fill_many
from bench.one_change import KIND
from bench.places import Place, on_postgresql, on_sqlite
from portal.app import create_app
from portal.audit.actor import SYSTEM
from portal.control.setup import prepare_ops
from portal.core.database import db
from portal.core.settings import load_settings
from portal.databases.creation import create_database
from portal.databases.invariants import answer
from portal.databases.targets import Target, target_named
from portal.jobs.models import Operation
from portal.jobs.service import request_operation

LEGACY, HEAD = "0001", "9c41d07be5a2"
SIZES = (10_000, 1_000_000)
LOOK = 0.05
SEEN = "SELECT done, label, (SELECT count(*) FROM operation_lines) FROM operations WHERE id = ?"


@dataclass(frozen=True)
class Measured:
    """Times in seconds, memory in bytes."""

    studios: int
    updates: int
    memory: int
    guarded: float
    bare: float
    promising: float


def measure(place: Place, studios: int) -> Measured:
    environ = {"PORTAL_DATA": str(place.folder), "SECRET_KEY": "bench", **place.variables}
    app = create_app(load_settings(environ))
    app.testing = True  # a benchmark serves nobody, and holds no lease
    with app.app_context():
        prepare_ops()
        target = target_named("development")
        fill = partial(fill_many, studios=studios)
        create_database(target, by=SYSTEM, revision=LEGACY, fill=fill)
        bare, promising = _bare(place, target)
        operation = request_operation(KIND, by=SYSTEM, target=target.name)
        db.session.commit()
        number = operation.id
        db.session.commit()
        memory, updates = _watched(place.folder / "ops.sqlite3", number, environ)
        operation = db.session.get_one(Operation, number, populate_existing=True)
        seconds = (operation.result or {})["seconds"]
        for engine in db.engines.values():
            engine.dispose()
    return Measured(studios, updates, memory, seconds, bare, promising)


def _bare(place: Place, target: Target) -> tuple[float, float]:
    """Seconds of the revision's own statements, committed, with nothing around them; and of these
    with the queries of its promises before and after."""
    module = target.history.revision(HEAD).module
    asking = 0.0
    with place.copy() as connection:
        os.sync()  # what was written before is not paid for here
        started = time.perf_counter()
        with connection.begin(), Operations.context(MigrationContext.configure(connection)):
            asking += _ask(connection, [before for _, before, _ in module.upgrade_invariants])
            module.upgrade()
            asking += _ask(connection, [after for _, _, after in module.upgrade_invariants])
        whole = time.perf_counter() - started
    return whole - asking, whole


def _ask(connection: Connection, queries: list[str]) -> float:
    started = time.perf_counter()
    for query in queries:
        answer(connection, query)
    return time.perf_counter() - started


def _watched(ops: Path, number: int, environ: dict[str, str]) -> tuple[int, int]:
    """Peak memory of the process that migrates, and how often its progress was seen to move."""
    os.sync()
    words = [sys.executable, "-m", "bench.one_change", str(number)]
    seen = set()
    with (
        subprocess.Popen(
            words, env={**os.environ, **environ}, stdout=subprocess.PIPE, text=True
        ) as process,
        closing(sqlite3.connect(f"file:{ops}?mode=ro", uri=True)) as connection,
    ):
        while process.poll() is None:
            seen.add(connection.execute(SEEN, (number,)).fetchone())
            time.sleep(LOOK)
        said = process.stdout.read() if process.stdout else ""
    if process.returncode:
        raise SystemExit(process.returncode)
    return int(said), len(seen)


def show(title: str, measured: list[Measured]) -> None:
    print(f"{title:<12}{'studios':>12}{'updates seen':>14}{'peak memory':>13}", end="")
    print(f"{'under the guard':>17}{'bare':>10}{'ratio':>7}{'with promises':>15}{'ratio':>7}")
    for each in measured:
        print(f"{'':<12}{each.studios:>12,}{each.updates:>14}{each.memory / 1e6:>10.0f} MB", end="")
        print(f"{each.guarded:>15.2f} s{each.bare:>8.2f} s{each.guarded / each.bare:>7.2f}", end="")
        print(f"{each.promising:>13.2f} s{each.guarded / each.promising:>7.2f}")
    growth = measured[-1].memory / measured[0].memory
    more = measured[-1].studios / measured[0].studios
    print(f"{'':<12}{growth:.2f} times the memory for {more:,.0f} times the studios", flush=True)


def main() -> None:
    sizes = [int(word) for word in sys.argv[1:]] or SIZES
    for title, stand in (("SQLite", on_sqlite), ("PostgreSQL", on_postgresql)):
        measured = []
        for studios in sizes:
            with stand() as place:
                measured.append(measure(place, studios))
        show(title, measured)


if __name__ == "__main__":
    main()
