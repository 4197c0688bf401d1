"""The audit log: an append, a verification, and every view of a long log.

    python -m bench.bench_audit [entries]

References: a committed insert of the same row without the chain; hashing what the log hashes; bare
Flask that gives the same bytes, by processor time and without a server on either side.
"""

import resource
import sqlite3
import sys
import tempfile
from contextlib import closing
from functools import partial
from itertools import count
from pathlib import Path
from typing import cast

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Column, Index, MetaData, Table, insert, select

from bench.bare_client import sides
from bench.many_entries import fill_log
from bench.ratios import Timed, header, line, machine, measure, seconds_each
from portal.app import create_app
from portal.audit.actor import NamedActor
from portal.audit.chain import GENESIS, commitment, leaf_of, link
from portal.audit.models import AuditEntry
from portal.audit.origin import Origin, set_origin
from portal.audit.service import record
from portal.audit.verification import verify_log
from portal.control.setup import prepare_ops
from portal.core.database import db
from portal.core.settings import load_settings
from portal.core.sqlite import Door, open_sqlite
from tests.support.cast import log_in, make_account

MANY = 100_000
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


def log_of(folder: str, entries: int) -> tuple[Flask, FlaskClient]:
    app = create_app(load_settings({"PORTAL_DATA": folder, "SECRET_KEY": "bench"}))
    app.testing = True
    with app.app_context():
        prepare_ops()
        account = make_account("ana")
        client = app.test_client()
        log_in(client, account)
        db.session.commit()
        fill_log(Path(folder) / "ops.sqlite3", entries)
    return app, client


def appending(app: Flask) -> tuple[Timed, Timed]:
    with app.app_context():
        engine = db.engines["ops"]
        log = cast(Table, AuditEntry.__table__)
        columns = (Column(each.name, each.type) for each in log.columns)
        table = Table("bare", MetaData(), *columns)
        for name in ("seq", "at", "action", "outcome", "target", "actor_role"):
            Index(f"bare_{name}", table.c[name])
        with open_sqlite(engine.url, door=Door.SCRATCH).begin() as connection:
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
    """Seconds of processor time of this process and of those it waited for."""
    return sum(
        each.ru_utime + each.ru_stime
        for each in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def verifying(app: Flask, folder: str) -> tuple[Timed, Timed]:
    file = Path(folder) / "ops.sqlite3"

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


def main() -> None:
    many = int(sys.argv[1]) if len(sys.argv) > 1 else MANY
    with tempfile.TemporaryDirectory() as folder:
        app, client = log_of(folder, many)
        print(f"{machine()}; {many:,} entries\n{header()}")
        print(line("append, beside a committed insert", measure(*appending(app)), goal=0.5))
        found = measure(*verifying(app, folder))
        print(line("verify an entry, beside hashing it (a core)", found, goal=0.1), flush=True)
        for path in VIEWS:
            found = measure(*sides(client, f"/ops/audit{path}", times=2))
            print(line(f"/ops/audit{path}"[:43], found), flush=True)


if __name__ == "__main__":
    main()
