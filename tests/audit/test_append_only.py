"""The database itself refuses to change the log, on SQLite and on PostgreSQL."""

import sqlite3

import pytest

COLUMNS = "canonical, leaf, chain, at, actor_role, action, outcome"
STATEMENTS = [
    ("UPDATE audit SET target = 'x' WHERE seq = 3", "append-only"),
    ("DELETE FROM audit WHERE seq = 5", "append-only"),
    ("DELETE FROM audit", "append-only"),
    ("INSERT OR REPLACE INTO audit SELECT * FROM audit WHERE seq = 3", "in turn"),
    ("REPLACE INTO audit SELECT * FROM audit WHERE seq = 5", "in turn"),
    ("UPDATE OR REPLACE audit SET seq = 3 WHERE seq = 4", "append-only"),
    (
        "INSERT INTO audit SELECT * FROM audit WHERE seq = 3 ON CONFLICT DO UPDATE SET seq = 9",
        "in turn",
    ),
    (f"INSERT INTO audit (seq, {COLUMNS}) VALUES (6, '', '', '', '', '', '', 'done')", "in turn"),
    (f"INSERT INTO audit ({COLUMNS}) VALUES ('', '', '', '', '', '', 'done')", "in turn"),
    ("UPDATE audit_head SET seq = 4", "one entry at a time"),
    ("UPDATE audit_head SET seq = 7", "one entry at a time"),
    ("UPDATE audit_head SET id = 2", "one entry at a time"),
    ("DELETE FROM audit_head", "append-only"),
    ("INSERT OR REPLACE INTO audit_head VALUES (1, 0, '')", "append-only"),
    ("UPDATE audit_personal SET value = 'x'", "append-only"),
]


@pytest.mark.parametrize(("statement", "words"), STATEMENTS)
def test_sqlite_refuses(raw, five, statement, words):
    before = raw.execute("SELECT * FROM audit ORDER BY seq").fetchall()
    with pytest.raises(sqlite3.IntegrityError, match=words):
        raw.execute(statement)
    assert raw.execute("SELECT * FROM audit ORDER BY seq").fetchall() == before
    assert raw.execute("SELECT seq FROM audit_head").fetchall() == [(5,)]


def test_a_personal_value_can_be_erased(raw, five):
    raw.execute("DELETE FROM audit_personal WHERE seq = 2")
    assert raw.execute("SELECT count(*) FROM audit_personal").fetchone() == (4,)
