"""The cost of a sync: production's rows anonymised, compared with a plain copy of the same rows.

    python -m bench.bench_sync                     a few thousand studios on each engine
    python -m bench.bench_sync 100000 --rounds 1 --engine sqlite

The plain copy: a file without indexes filled by SELECT, or COPY from one database into another. A
sync backs up development first; its steps are printed with their seconds.
"""

import argparse
import resource
import sqlite3
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

import portal.databases.tasks.sync  # noqa: F401 — registers the job
from bench.ratios import ROUNDS, header, line, machine, ratio_of
from bench.rooms import filled, room
from portal.audit.actor import SYSTEM
from portal.databases.sync.results import last_sync
from portal.databases.targets.config import target_named
from portal.databases.targets.creation import create_database
from portal.jobs.operations.service import perform, request_operation
from tests.support.postgres import running_server

STUDIOS = {"sqlite": 3_000, "postgresql": 2_000}


@dataclass(frozen=True)
class Spent:
    """Elapsed seconds, and processor seconds of this process."""

    seconds: float
    own: float


@dataclass(frozen=True)
class Synced(Spent):
    rows: int
    steps: dict[str, float]


def bare_sqlite(folder: Path) -> Spent:
    (folder / "bare.sqlite3").unlink(missing_ok=True)
    with closing(sqlite3.connect(folder / "bare.sqlite3", isolation_level=None)) as connection:
        connection.execute("ATTACH ? AS source", (str(folder / "production.sqlite3"),))
        names = "SELECT name FROM source.sqlite_master WHERE type = 'table' AND sql LIKE '%REFER%'"
        tables = ["users", *(name for (name,) in connection.execute(names))]
        began, own = time.perf_counter(), time.process_time()
        connection.execute("BEGIN")
        for name in tables:
            connection.execute(f"CREATE TABLE {name} AS SELECT * FROM source.{name}")
        connection.execute("COMMIT")
        return Spent(time.perf_counter() - began, time.process_time() - own)


NAMES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
COLUMNS = (
    "SELECT string_agg(quote_ident(attname) || ' ' || format_type(atttypid, atttypmod), ', '"
    " ORDER BY attnum) FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
)


def bare_postgresql() -> Spent:
    with (
        running_server().connect("production") as source,
        running_server().database() as url,
        psycopg.connect(url.set(drivername="postgresql").render_as_string(False)) as into,
    ):
        began, own = time.perf_counter(), time.process_time()
        for (name,) in source.execute(NAMES).fetchall():
            ((columns,),) = source.execute(COLUMNS, (name,)).fetchall()
            into.execute(f"CREATE TABLE {name} ({columns})".encode())
            copy_over(source, into, name)
        into.commit()
        return Spent(time.perf_counter() - began, time.process_time() - own)


def copy_over(source: Any, into: Any, name: str) -> None:
    with (
        source.cursor().copy(f"COPY {name} TO STDOUT".encode()) as rows,
        into.cursor().copy(f"COPY {name} FROM STDIN".encode()) as copy,
    ):
        for block in rows:
            copy.write(block)


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def addresses(engine: str) -> dict[str, str]:
    if engine == "sqlite":
        return {}
    return {
        f"{name.upper()}_DATABASE_URL": running_server().url(name).render_as_string(False)
        for name in ("production", "development")
    }


def measured(engine: str, studios: int, rounds: int) -> None:
    """Prints the lines of one engine and size."""
    with tempfile.TemporaryDirectory() as folder, room(_environ(engine, folder)):
        filled("production", studios, demo=True)
        create_database(target_named("development"), by=SYSTEM)
        bare = partial(bare_sqlite, Path(folder)) if engine == "sqlite" else bare_postgresql
        synced(), bare()
        before = peak()
        found = [(synced(), bare()) for _ in range(rounds)]
        title = f"{found[-1][0].rows:,} rows, {engine}"
        print(
            line(
                title,
                ratio_of([(sync.seconds, there.seconds) for sync, there in found]),
                at_most=True,
            )
        )
        if engine == "sqlite":
            work = ratio_of([(sync.own, there.own) for sync, there in found])
            print(line("    its own processor time", work, at_most=True))
        print(f"    the process grew by {peak() - before:.0f} MB after its first sync")
        for step, seconds in found[-1][0].steps.items():
            print(f"{seconds:>14.1f} s  {step}", flush=True)


def _environ(engine: str, folder: str) -> dict[str, str]:
    return {"PORTAL_DATA": folder, "SECRET_KEY": "bench", **addresses(engine)}


def synced() -> Synced:
    began, own = time.perf_counter(), time.process_time()
    ended = perform(request_operation("databases.sync", by=SYSTEM, target="development"))
    seconds, own = time.perf_counter() - began, time.process_time() - own
    sync = last_sync("development")
    if not ended.is_done or sync is None:
        raise SystemExit(ended.outcome)
    return Synced(seconds, own, sync.rows, sync.steps)


def main() -> None:
    options = _options()
    print(f"{machine()}\n{header()}")
    for engine in options.engine or STUDIOS:
        for studios in options.studios or [STUDIOS[engine]]:
            measured(engine, studios, options.rounds)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("studios", nargs="*", type=int)
    parser.add_argument("--engine", choices=sorted(STUDIOS), action="append")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
