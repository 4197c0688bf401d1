"""The audit log: an append, a verification, and each view of a long log compared with a short one.

    python -m bench.bench_audit [entries] [--engine sqlite]

References: a committed insert of the same row without the chain; hashing the same data as the log;
the same view of a log of 1,000 entries, without a web server: by the processor time of the thread
and, on PostgreSQL, of the server's sessions.
"""

import argparse
import resource
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from typing import cast

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Column, Index, MetaData, Table, insert, select

from bench.many_entries import fill_log, fill_log_on
from bench.ratios import ROUNDS, Timed, header, line, machine, measure, seconds_each
from portal.app import create_app
from portal.audit.actor import NamedActor
from portal.audit.chain.hashing import GENESIS, commitment, leaf_of, link
from portal.audit.chain.verification import verify_log
from portal.audit.models import AuditEntry
from portal.audit.origin import Origin, set_origin
from portal.audit.service import record
from portal.control.setup import prepare_ops
from portal.core.configuration.settings import load_settings
from portal.core.storage.database import db
from portal.core.storage.sqlite import SchemaAccess, open_sqlite
from tests.support.cast import log_in, make_account
from tests.support.postgres import running_server

MANY, FEW = 100_000, 1000
LONGER = 3
ENGINES = ("sqlite", "postgresql")
OMAR = NamedActor("Omar", "ops", 7)
VIEWS = (
    "",
    "?before=900",
    "?action=backup",
    "?actor=omar",
    "?outcome=refused",
    "?target=production",
    "?target=nowhere",
    "?actor=omar&action=login.read&outcome=failed",
    "?actor=ana&action=backup",
    "?until=2026-01-01T02:00",
    "?since=2026-01-01T01:00&until=2026-01-01T03:00&action=email",
    "/newer?after=990",
    "/500",
)


@contextmanager
def log_of(engine: str, entries: int) -> Iterator[tuple[Flask, FlaskClient, Path]]:
    """An application with a log of this many entries, a client that reads it, and its folder."""
    with tempfile.TemporaryDirectory() as name:
        folder, given = Path(name), {"SECRET_KEY": "bench", "PORTAL_DATA": name}
        if engine == "sqlite":
            yield *_made(given, lambda: fill_log(folder / "ops.sqlite3", entries)), folder
            return
        with running_server().database() as url:
            given["OPS_DATABASE_URL"] = url.render_as_string(hide_password=False)
            plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
            app, client = _made(given, lambda: fill_log_on(plain, entries))
            yield app, client, folder
            with app.app_context():
                db.session.remove()
                for each in db.engines.values():
                    each.dispose()


def _made(given: dict[str, str], fill: Callable[[], None]) -> tuple[Flask, FlaskClient]:
    app = create_app(load_settings(given))
    app.testing = True
    with app.app_context():
        prepare_ops()
        account = make_account("ana")
        client = app.test_client()
        log_in(client, account)
        db.session.commit()
        fill()
    return app, client


def appending(app: Flask) -> tuple[Timed, Timed]:
    with app.app_context():
        engine = db.engines["ops"]
        log = cast(Table, AuditEntry.__table__)
        columns = (Column(each.name, each.type) for each in log.columns)
        table = Table("bare", MetaData(), *columns)
        for name in ("seq", "at", "action", "outcome", "target", "actor_role"):
            Index(f"bare_{name}", table.c[name])
        with open_sqlite(engine.url, access=SchemaAccess.SCRATCH).begin() as connection:
            table.create(connection)
        with engine.connect() as connection:
            row = dict(connection.execute(select(log).limit(1)).mappings().one())
        bare, number = insert(table), count(1)

    def append() -> None:
        record("backup.taken", "operations/5", by=OMAR, target="production", details={"n": 7})
        db.session.commit()

    def put() -> None:
        with engine.begin() as connection:
            connection.execute(bare, row | {"seq": next(number)})

    def ours() -> float:
        with app.app_context():
            set_origin(Origin(request="r1", address="203.0.113.9", session="17"))
            return seconds_each(append, 300)

    return ours, partial(seconds_each, put, 300)


def used() -> float:
    """Processor seconds of this process and of its ended children."""
    return sum(
        each.ru_utime + each.ru_stime
        for each in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def verifying(app: Flask, folder: Path) -> tuple[Timed, Timed]:
    file = folder / "ops.sqlite3"

    def ours() -> float:
        with app.app_context():
            started = used()
            result = verify_log()
            assert result.fault is None, result.fault
            return (used() - started) / result.entries

    def hashing() -> float:
        with closing(sqlite3.connect(file)) as raw:
            texts = raw.execute("SELECT canonical FROM audit LIMIT 20000").fetchall()
            beside = raw.execute("SELECT salt, value FROM audit_personal LIMIT 60000").fetchall()
        started, chain = used(), GENESIS
        for (each,) in texts:
            chain = link(chain, leaf_of(each))
        for salt, value in beside:
            commitment(salt, value)
        return (used() - started) / len(texts)

    return ours, hashing


def thread_and_sessions() -> float:
    """Processor seconds of this thread and of the sessions of this process's PostgreSQL server."""
    parent = running_server().pid
    sessions = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return time.thread_time() + sum(map(_session_seconds, sessions))


def _session_seconds(pid: str) -> float:
    """Of a process of the server; 0 for one that has just ended."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
    except OSError:
        return 0


def viewing(client: FlaskClient, path: str, clock: Callable[[], float]) -> Timed:
    """Seconds for a response; the faster of two, since the machine is shared."""

    def once() -> float:
        began = clock()
        answer = client.get(f"/ops/audit{path}")
        taken = clock() - began
        assert answer.status_code == 200, (path, answer.status_code)
        answer.close()
        return taken

    return lambda: min(once() for _ in range(2))


def main() -> None:
    options = _options()
    print(f"{machine()}; {options.entries:,} entries\n{header()}")
    for engine in options.engine or ENGINES:
        with log_of(engine, FEW) as few, log_of(engine, options.entries) as many:
            if engine == "sqlite":
                _say_work(many[0], many[2], options.rounds)
            clock = time.thread_time if engine == "sqlite" else thread_and_sessions
            for path in VIEWS:
                both = (viewing(client, path, clock) for _, client, _ in (many, few))
                found = measure(*both, rounds=options.rounds)
                words = f"{engine}: {path or 'all'}"[:43]
                print(line(words, found, goal=LONGER, at_most=True), flush=True)


def _say_work(app: Flask, folder: Path, rounds: int) -> None:
    found = measure(*appending(app), rounds=rounds)
    print(line("append, beside a committed insert", found, goal=0.5), flush=True)
    found = measure(*verifying(app, folder), rounds=rounds)
    print(line("verify an entry, beside hashing it (a core)", found, goal=0.1), flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("entries", nargs="?", type=int, default=MANY)
    parser.add_argument("--engine", choices=ENGINES, action="append")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
