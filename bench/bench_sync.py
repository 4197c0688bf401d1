"""What a sync costs: production's rows made up anew, and the same rows copied bare.

For each engine and size, each in a process of its own: the rows, the seconds of a first sync and of
a second one, which backs up a development of that size before; the processor's seconds that this
process took itself; the seconds of a bare copy of the same rows (a file without indexes filled by
SELECT, COPY from one database into another); and how much the process grew. Other sizes come from
the command line:

    PYTHONPATH=. python bench/bench_sync.py 100000 1000000
"""

import json
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

import portal.databases.sync_tasks  # noqa: F401 — registers the job
from bench.many_studios import fill_many
from portal.app import create_app
from portal.audit.actor import SYSTEM
from portal.control.setup import prepare_ops
from portal.core.database import db
from portal.core.settings import load_settings
from portal.databases.creation import create_database
from portal.databases.registry import control_room
from portal.databases.sync.outcome import last_sync
from portal.databases.targets import target_named
from portal.jobs.service import perform, request_operation
from tests.support.postgres import running_server

LEGACY = "0001"
SIZES = (10_000, 100_000)
ENGINES = ("sqlite", "postgresql")


def bare_sqlite(folder: Path) -> float:
    with closing(sqlite3.connect(folder / "bare.sqlite3", isolation_level=None)) as connection:
        connection.execute("ATTACH ? AS source", (str(folder / "production.sqlite3"),))
        names = "SELECT name FROM source.sqlite_master WHERE type = 'table' AND sql LIKE '%REFER%'"
        tables = ["users", *(name for (name,) in connection.execute(names))]
        began = time.perf_counter()
        connection.execute("BEGIN")
        for name in tables:
            connection.execute(f"CREATE TABLE {name} AS SELECT * FROM source.{name}")
        connection.execute("COMMIT")
        return time.perf_counter() - began


NAMES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
COLUMNS = (
    "SELECT string_agg(quote_ident(attname) || ' ' || format_type(atttypid, atttypmod), ', '"
    " ORDER BY attnum) FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
)


def bare_postgresql() -> float:
    with (
        running_server().connect("production") as source,
        running_server().database() as url,
        psycopg.connect(url.set(drivername="postgresql").render_as_string(False)) as into,
    ):
        began = time.perf_counter()
        for (name,) in source.execute(NAMES).fetchall():
            ((columns,),) = source.execute(COLUMNS, (name,)).fetchall()
            into.execute(f"CREATE TABLE {name} ({columns})".encode())
            copy_over(source, into, name)
        into.commit()
        return time.perf_counter() - began


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


def measured(engine: str, studios: int) -> dict[str, Any]:
    """In this process."""
    with tempfile.TemporaryDirectory() as folder:
        told = {"PORTAL_DATA": folder, "SECRET_KEY": "bench", **addresses(engine)}
        with create_app(load_settings(told)).app_context():
            prepare_ops()
            control_room(is_demo=True)
            db.session.commit()
            fill = partial(fill_many, studios=studios)
            create_database(target_named("production"), by=SYSTEM, revision=LEGACY, fill=fill)
            create_database(target_named("development"), by=SYSTEM)
            bare = bare_sqlite(Path(folder)) if engine == "sqlite" else bare_postgresql()
            before = peak()
            first, again = synced(), synced()
            return {"bare": bare, "first": first, "again": again, "grown": peak() - before}


def synced() -> dict[str, Any]:
    began, own = time.perf_counter(), time.process_time()
    ended = perform(request_operation("databases.sync", by=SYSTEM, target="development"))
    seconds, own = time.perf_counter() - began, time.process_time() - own
    sync = last_sync("development")
    if not ended.is_done or sync is None:
        raise SystemExit(ended.outcome)
    return {"seconds": seconds, "own": own, "rows": sync.rows, "steps": sync.steps}


def in_a_process(engine: str, studios: int) -> dict[str, Any]:
    command = [sys.executable, __file__, "one", engine, str(studios)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    if sys.argv[1:2] == ["one"]:
        print(json.dumps(measured(sys.argv[2], int(sys.argv[3]))))
        return
    for engine in ENGINES:
        for studios in map(int, sys.argv[1:]) if sys.argv[1:] else SIZES:
            found = in_a_process(engine, studios)
            say(engine, studios, found)
            sys.stdout.flush()


def say(engine: str, studios: int, found: dict[str, Any]) -> None:
    first, again, bare = found["first"], found["again"], found["bare"]
    print(f"{engine}, {studios:,} studios, {first['rows']:,} rows; bare copy {bare:.1f} s")
    for name, each in (("first sync", first), ("second sync", again)):
        ratio = each["seconds"] / bare
        print(
            f"{each['seconds']:>10.1f} s  {name} (own {each['own']:.1f} s), {ratio:.0f} times bare"
        )
    print(f"{found['grown']:>10.0f} MB that the process grew")
    for step, seconds in again["steps"].items():
        print(f"{seconds:>14.1f} s  {step}")


if __name__ == "__main__":
    main()
