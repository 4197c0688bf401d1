"""The log that SQLite writes ahead grows while somebody always reads; the worker ends that."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from portal.jobs.worker.wal import shorten

MEGABYTE = 1_000_000


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "ops.sqlite3"
    with closing(open_(file)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE t (x BLOB)")
    return file


def open_(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(file, isolation_level=None, check_same_thread=False)


def read(reader: sqlite3.Connection) -> None:
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM t").fetchone()


def size(file: Path) -> int:
    return file.with_name("ops.sqlite3-wal").stat().st_size


def test_a_log_that_readers_keep_from_restarting_is_emptied(file: Path) -> None:
    url = URL.create("sqlite", database=str(file))
    with closing(open_(file)) as writer, closing(open_(file)) as one, closing(open_(file)) as two:
        read(one)
        for _ in range(5):  # there is always one of them, as with pages that are asked for
            writer.execute("INSERT INTO t VALUES (zeroblob(3000000))")
            read(two)
            one.execute("ROLLBACK")
            writer.execute("INSERT INTO t VALUES (zeroblob(3000000))")
            read(one)
            two.execute("ROLLBACK")
        assert size(file) > 25 * MEGABYTE, "it grew past what SQLite aims at"

        began = time.monotonic()
        assert not shorten(url), "somebody reads what was there before the last commit"
        assert time.monotonic() - began < 2
        one.execute("ROLLBACK")
        read(one)
        two.execute("BEGIN")
        assert shorten(url, most=100 * MEGABYTE), "short enough"
        assert size(file) > 25 * MEGABYTE
        one.execute("ROLLBACK")
        assert shorten(url)
        assert size(file) == 0
        two.execute("ROLLBACK")
        writer.execute("INSERT INTO t VALUES (zeroblob(10))")
        assert writer.execute("SELECT count(*) FROM t").fetchone() == (11,)


def test_a_server_and_a_file_that_is_not_there_have_none(tmp_path: Path) -> None:
    assert shorten(URL.create("postgresql", host="localhost", database="ops"))
    assert shorten(URL.create("sqlite", database=str(tmp_path / "none.sqlite3")))
    assert not (tmp_path / "none.sqlite3").exists()
