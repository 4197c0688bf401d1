"""Snapshot and restore of SQLite files, on plain files and real processes."""

import os
import resource
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from portal.core.errors import PortalError, Refused, Unavailable
from portal.databases.engines.sqlite import copy as sqlite_copy
from portal.databases.engines.sqlite.content import content_of_file
from tests.support.waiting import wait_until


@pytest.fixture
def live(tmp_path: Path) -> Path:
    """A WAL database of 300 songs, so that a copy takes several steps."""
    file = tmp_path / "live.sqlite3"
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE songs (id INTEGER PRIMARY KEY, name TEXT, data BLOB)")
        connection.execute("BEGIN")
        for number in range(300):
            connection.execute(
                "INSERT INTO songs VALUES (?, ?, ?)", (number, f"song {number}", bytes(8000))
            )
        connection.execute("COMMIT")
    return file


def names(file: Path) -> set[str]:
    with closing(sqlite3.connect(file)) as connection:
        return {name for (name,) in connection.execute("SELECT DISTINCT name FROM songs")}


def run(file: Path, sql: str) -> None:
    with closing(sqlite3.connect(file, isolation_level=None, timeout=20)) as connection:
        connection.execute(sql)


def test_a_snapshot_holds_what_its_source_held(live, tmp_path):
    content = sqlite_copy.snapshot(live, tmp_path / "copy")

    assert content.counts == {"songs": 300}
    assert content_of_file(tmp_path / "copy") == content


def test_a_snapshot_holds_what_is_only_in_the_wal(live, tmp_path):
    with closing(sqlite3.connect(live, isolation_level=None)) as writer:
        writer.execute("PRAGMA wal_autocheckpoint = 0")
        writer.execute("INSERT INTO songs VALUES (1000, 'late', NULL)")
        sqlite_copy.snapshot(live, tmp_path / "copy")

    assert "late" in names(tmp_path / "copy")


def test_a_write_during_the_snapshot_stays_out_of_both(live, tmp_path):
    written = []

    def write_once(done: int, total: int) -> None:
        if not written:
            written.append(done)
            run(live, "UPDATE songs SET name = 'changed'")

    content = sqlite_copy.snapshot(live, tmp_path / "copy", watch=write_once)

    assert names(live) == {"changed"}
    assert "changed" not in names(tmp_path / "copy")
    assert content_of_file(tmp_path / "copy") == content


def test_only_the_owner_may_read_a_snapshot(live, tmp_path):
    sqlite_copy.snapshot(live, tmp_path / "copy")

    assert stat.S_IMODE((tmp_path / "copy").stat().st_mode) == 0o600


def test_a_snapshot_is_one_file(live, tmp_path):
    folder = tmp_path / "backups"
    folder.mkdir()
    sqlite_copy.snapshot(live, folder / "copy")

    assert [file.name for file in folder.iterdir()] == ["copy"]


def test_a_busy_source_ends_the_snapshot(tmp_path):
    file = tmp_path / "old-fashioned.sqlite3"
    run(file, "CREATE TABLE songs (id INTEGER PRIMARY KEY)")
    with closing(sqlite3.connect(file, isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        with pytest.raises(Unavailable):
            sqlite_copy.snapshot(file, tmp_path / "copy", seconds=0.3)

    assert not list(tmp_path.glob("copy*"))


def test_a_copy_that_goes_on_may_take_its_time(live, tmp_path, monkeypatch):
    """The way out and the way back; it is a standstill that ends them."""
    monkeypatch.setattr(sqlite_copy, "PAGES_AT_ONCE", 8)
    took = []

    def slowly(done: int, total: int) -> None:
        took.append(done)
        time.sleep(0.01)

    sqlite_copy.snapshot(live, tmp_path / "copy", seconds=0.1, watch=slowly)
    sqlite_copy.restore(tmp_path / "copy", live, seconds=0.1, watch=slowly)
    assert len(took) > 20


def test_a_full_disk_leaves_nothing_behind(live, tmp_path):
    with file_size_limit(200_000), pytest.raises(Unavailable):
        sqlite_copy.snapshot(live, tmp_path / "copy")

    assert not list(tmp_path.glob("copy*"))


def test_a_missing_source_makes_no_file(tmp_path):
    with pytest.raises(Unavailable):
        sqlite_copy.snapshot(tmp_path / "mistyped", tmp_path / "copy")

    assert list(tmp_path.iterdir()) == []


def test_a_restore_brings_the_content_back(live, tmp_path):
    content = sqlite_copy.snapshot(live, tmp_path / "copy")
    run(live, "DELETE FROM songs")

    sqlite_copy.restore(tmp_path / "copy", live)

    assert content_of_file(live) == content


def test_a_restored_file_stays_in_wal_mode(live, tmp_path):
    sqlite_copy.snapshot(live, tmp_path / "copy")
    sqlite_copy.restore(tmp_path / "copy", live)

    with closing(sqlite3.connect(live)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_restore_survives_another_schema(live, tmp_path):
    content = sqlite_copy.snapshot(live, tmp_path / "copy")
    with closing(sqlite3.connect(live)) as reader:
        reader.execute("SELECT * FROM songs").fetchone()
        run(live, "DROP TABLE songs")
        run(live, "CREATE TABLE tapes (id)")
        sqlite_copy.restore(tmp_path / "copy", live)
        assert reader.execute("SELECT count(*) FROM songs").fetchone() == (300,)

    assert content_of_file(live) == content


def test_a_writer_who_holds_on_ends_the_restore(live, tmp_path):
    sqlite_copy.snapshot(live, tmp_path / "copy")
    run(live, "UPDATE songs SET name = 'present'")
    with closing(sqlite3.connect(live, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable):
            sqlite_copy.restore(tmp_path / "copy", live, seconds=0.3)

    assert names(live) == {"present"}


def test_readers_and_writers_see_wholly_old_or_wholly_new(live, tmp_path):
    run(live, "UPDATE songs SET name = 'new'")
    sqlite_copy.snapshot(live, tmp_path / "copy")
    run(live, "UPDATE songs SET name = 'old'")
    seen: list[frozenset[str]] = []
    failed: list[Exception] = []
    done = threading.Event()

    def read() -> None:
        try:
            while not done.is_set():
                seen.append(frozenset(names(live)))
        except Exception as error:
            failed.append(error)

    def write() -> None:
        try:
            while not done.is_set():
                run(live, "UPDATE songs SET data = x'00' WHERE id = 7")
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=each) for each in (read, read, write)]
    for thread in threads:
        thread.start()

    def let_them_look(at_least: int = 3) -> None:
        enough = len(seen) + at_least
        wait_until(lambda: len(seen) >= enough or failed)

    let_them_look()
    sqlite_copy.restore(
        tmp_path / "copy", live, watch=lambda done, total: let_them_look() if done < total else None
    )
    let_them_look()
    done.set()
    for thread in threads:
        thread.join()

    assert not failed
    assert set(seen) == {frozenset({"old"}), frozenset({"new"})}


KILLED_RESTORE = """
import os, signal, sys
from pathlib import Path
from portal.databases.engines.sqlite import copy as sqlite_copy
sqlite_copy.PAGES_AT_ONCE = 20
steps = 0
def watch(done, total):
    global steps
    steps += 1
    if steps == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)
sqlite_copy.restore(Path(sys.argv[1]), Path(sys.argv[2]), watch=watch)
"""


@pytest.mark.parametrize("step", [1, 10, 25, 1000])
@pytest.mark.parametrize("mode", ["WAL", "DELETE"])
def test_a_kill_in_the_middle_of_a_restore_leaves_old_or_new(live, tmp_path, step, mode):
    run(live, f"PRAGMA journal_mode = {mode}")
    new = sqlite_copy.snapshot(live, tmp_path / "copy")
    run(live, "UPDATE songs SET name = 'old'")
    old = content_of_file(live)

    ended = subprocess.run(
        [sys.executable, "-c", KILLED_RESTORE, str(tmp_path / "copy"), str(live), str(step)],
        check=False,
    )

    assert ended.returncode == (0 if step == 1000 else -signal.SIGKILL)
    with closing(sqlite3.connect(live)) as first:
        first.execute("SELECT count(*) FROM songs").fetchone()
    assert content_of_file(live) == (new if step == 1000 else old)


@pytest.mark.parametrize("harm", ["truncated", "flipped"])
def test_a_damaged_copy_does_not_agree(live, tmp_path, harm):
    copy = tmp_path / "copy"
    content = sqlite_copy.snapshot(live, copy)
    damage(copy, harm)

    with pytest.raises(PortalError):
        sqlite_copy.agree(content, copy)


def test_a_flipped_bit_in_a_value_does_not_agree(live, tmp_path):
    copy = tmp_path / "copy"
    content = sqlite_copy.snapshot(live, copy)
    raw = copy.read_bytes()
    copy.write_bytes(raw.replace(b"song 299", b"song 298"))

    with pytest.raises(Refused, match="songs"):
        sqlite_copy.agree(content, copy)


@pytest.mark.parametrize(
    "rows",
    [
        "('1')", "(1.0)", "(NULL)", "(x'31')", "(1), (NULL)", "('')",
    ],
)  # fmt: skip
def test_the_digest_tells_types_and_values_apart(tmp_path, rows):
    for name, values in (("one", "(1)"), ("two", rows)):
        run(tmp_path / name, "CREATE TABLE t (v)")
        run(tmp_path / name, f"INSERT INTO t VALUES {values}")

    one, two = (content_of_file(tmp_path / name) for name in ("one", "two"))
    assert one.digest != two.digest
    assert one.differs_in(two) == ["t"]


def test_the_digest_does_not_depend_on_the_order_of_writing(tmp_path):
    for name, ids in (("one", (1, 2)), ("two", (2, 1))):
        run(tmp_path / name, "CREATE TABLE t (id TEXT PRIMARY KEY, v)")
        for number in ids:
            run(tmp_path / name, f"INSERT INTO t VALUES ('{number}', 'x')")

    one, two = (content_of_file(tmp_path / name) for name in ("one", "two"))
    assert one.digest == two.digest


def test_text_that_is_not_utf8_is_copied_as_it_is(tmp_path):
    run(tmp_path / "old", "CREATE TABLE t (v)")
    run(tmp_path / "old", "INSERT INTO t VALUES (CAST(x'ff41' AS TEXT))")

    content = sqlite_copy.snapshot(tmp_path / "old", tmp_path / "copy")
    assert content_of_file(tmp_path / "copy") == content


def test_broken_references_of_the_source_do_not_spoil_its_copy(tmp_path):
    run(tmp_path / "old", "CREATE TABLE a (id INTEGER PRIMARY KEY)")
    run(tmp_path / "old", "CREATE TABLE b (a_id REFERENCES a)")
    run(tmp_path / "old", "INSERT INTO b VALUES (7)")

    assert sqlite_copy.snapshot(tmp_path / "old", tmp_path / "copy").broken_references == 1


def test_a_scratch_copy_is_private_and_equal(live, tmp_path):
    content = sqlite_copy.snapshot(live, tmp_path / "copy")

    assert sqlite_copy.scratch_copy(tmp_path / "copy", tmp_path / "scratch") == content
    assert stat.S_IMODE((tmp_path / "scratch").stat().st_mode) == 0o600


def damage(file: Path, harm: str) -> None:
    if harm == "truncated":
        os.truncate(file, file.stat().st_size // 2)
        return
    raw = bytearray(file.read_bytes())
    raw[4096 : 4096 + 64] = bytes(byte ^ 0xFF for byte in raw[4096 : 4096 + 64])
    file.write_bytes(raw)


@contextmanager
def file_size_limit(size: int):
    """No file of this process grows beyond `size` bytes, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_distilled_no_deleted_row_and_no_sample_goes_along(live, tmp_path):
    with closing(sqlite3.connect(live, isolation_level=None)) as connection:
        connection.execute("PRAGMA secure_delete = OFF")
        connection.execute("CREATE INDEX by_name ON songs (name)")
        connection.execute("ANALYZE")
        connection.execute("UPDATE songs SET name = 'sung'")
        connection.execute("DELETE FROM songs WHERE id > 9")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert b"song 2" in live.read_bytes()

    content = sqlite_copy.distil(live, tmp_path / "clean")

    assert content == content_of_file(live)
    assert b"song 2" not in (tmp_path / "clean").read_bytes()
    with closing(sqlite3.connect(tmp_path / "clean")) as connection:
        listed = connection.execute("SELECT name FROM sqlite_master").fetchall()
    assert listed == [("songs",), ("by_name",)]
    assert stat.S_IMODE((tmp_path / "clean").stat().st_mode) == 0o600


def test_an_emptied_wal_holds_nothing(live):
    with closing(sqlite3.connect(live, isolation_level=None)) as reader:
        reader.execute("SELECT count(*) FROM songs").fetchone()  # as a site that is open
        run(live, "UPDATE songs SET name = 'renamed'")
        wal = live.with_name(f"{live.name}-wal")
        assert b"renamed" in wal.read_bytes()

        sqlite_copy.empty_wal(live)

        assert wal.read_bytes() == b""
        assert reader.execute("SELECT DISTINCT name FROM songs").fetchall() == [("renamed",)]
