"""Generates a long audit log with valid hashes, without a million commits."""

import secrets
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from portal.audit.chain.canonical import canonical, moment
from portal.audit.chain.hashing import GENESIS, commitment, leaf_of, link

ACTIONS = [
    f"{what}.{how}"
    for what in ("backup", "email", "run", "login", "draft", "report")
    for how in ("made", "changed", "sent", "read", "ended", "checked", "taken", "begun")
]
NAMES = ("Ana", "Omar", "Cleo", "Ben")
OUTCOMES = ("done", "done", "done", "intent", "refused", "failed")
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
COLUMNS = "seq, canonical, leaf, chain, at, actor_id, actor_role, action, outcome, target"


def fill_log(file: Path, entries: int) -> None:
    """Extend the log in this file to this many entries."""
    with closing(sqlite3.connect(file, isolation_level=None)) as raw:
        triggers = raw.execute(
            "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name LIKE 'audit%'"
        ).fetchall()
        raw.execute("BEGIN")
        for name, _ in triggers:
            raw.execute(f"DROP TRIGGER {name}")
        for rows, personal in _batches(_head(raw), entries):
            raw.executemany(
                f"INSERT INTO audit ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows
            )
            raw.executemany("INSERT INTO audit_personal VALUES (?, ?, ?, ?)", personal)
        last = raw.execute("SELECT seq, chain FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
        raw.execute("UPDATE audit_head SET seq = ?, chain = ?", last)
        for _, sql in triggers:
            raw.execute(sql)
        raw.execute("COMMIT")
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _head(raw: sqlite3.Connection) -> tuple[int, str]:
    seq, chain = raw.execute("SELECT seq, chain FROM audit_head").fetchone()
    return seq, chain


def fill_log_on(address: str, entries: int) -> None:
    """The same in a PostgreSQL database; `address` is a libpq connection string."""
    with psycopg.connect(address) as raw:
        # Until a commit is on the disk, VACUUM can't mark its pages as visible to everybody.
        raw.execute("SET synchronous_commit = on")
        for table in ("audit", "audit_head"):
            raw.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER".encode())
        head = raw.execute("SELECT seq, chain FROM audit_head").fetchone()
        for rows, personal in _batches(head or (0, GENESIS), entries):
            zoned = [(*each[:4], f"{each[4]}+00", *each[5:]) for each in rows]
            _copied(raw, f"audit ({COLUMNS})", zoned)
            _copied(raw, "audit_personal (seq, field, salt, value)", personal)
        last = raw.execute("SELECT seq, chain FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
        raw.execute("UPDATE audit_head SET seq = %s, chain = %s", last)
        for table in ("audit", "audit_head"):
            raw.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER".encode())
        raw.commit()
        raw.autocommit = True
        raw.execute("VACUUM ANALYZE audit, audit_personal, audit_head")


def _copied(raw: psycopg.Connection, into: str, rows: Iterable[tuple]) -> None:
    with raw.cursor() as cursor, cursor.copy(f"COPY {into} FROM STDIN".encode()) as copy:
        for row in rows:
            copy.write_row(row)


def _batches(head: tuple[int, str], entries: int) -> Iterator[tuple[list[tuple], list[tuple]]]:
    """Entries up to this total, with the values that continue the chain."""
    seq, chain = head
    while seq < entries:
        rows, personal = [], []
        for _ in range(min(5000, entries - seq)):
            seq += 1
            row, more_personal = _entry(seq, chain)
            chain = row[3]
            rows.append(row)
            personal.extend(more_personal)
        yield rows, personal


def _entry(seq: int, previous: str) -> tuple[tuple, list[tuple]]:
    at, name = BEGAN + timedelta(seconds=20 * seq), NAMES[seq % len(NAMES)]
    action, outcome = ACTIONS[seq * 7 % len(ACTIONS)], OUTCOMES[seq * 5 % len(OUTCOMES)]
    target = ("production", "development", None)[seq % 3]
    values = {"name": name, "address": "203.0.113.9", "session": str(seq // 100)}
    beside = [(seq, field, secrets.token_bytes(16), value) for field, value in values.items()]
    text = canonical(
        {
            "v": 1,
            "seq": seq,
            "at": moment(at),
            "actor": {"id": seq % 4, "role": "ops"},
            "action": action,
            "subject": f"operations/{seq}",
            "outcome": outcome,
            "target": target,
            "details": {"tables": 7, "n": seq},
            "reason": "There is a ticket.",
            "request": None,
            "personal": {field: commitment(salt, value) for _, field, salt, value in beside},
        }
    )
    leaf = leaf_of(text)
    stored = f"{at:%Y-%m-%d %H:%M:%S.%f}"
    return (
        seq,
        text,
        leaf,
        link(previous, leaf),
        stored,
        seq % 4,
        "ops",
        action,
        outcome,
        target,
    ), beside
