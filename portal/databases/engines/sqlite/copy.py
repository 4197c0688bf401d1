"""Copies of SQLite files: the snapshot, the way back, and what two copies must agree on.

Copying the file itself loses what stands only in the WAL while `integrity_check` says ok, and
replacing a live file under its WAL silently undoes the replacement. So both directions go through
SQLite's backup API. Source: "Traps" in the design's page on guarded databases.
"""

import hashlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from portal.core.errors import Refused, Unavailable
from portal.databases.engines.beside import VERSION_TABLES, stands_beside
from portal.databases.engines.content import Content, Watch, sha256_of
from portal.databases.engines.derived import is_derived, is_shadow

__all__ = ["Content", "Watch", "sha256_of"]

DEADLINE_SECONDS = 120.0
"""Without a page going over; a large file may take as long as it takes."""
PAGES_AT_ONCE = 256
ROWS_AT_ONCE = 1000
ENCODINGS_KEPT = 50_000
_SHORT = frozenset({int, type(None)})
_KINDS = {bytes: b"b", int: b"i", float: b"f", type(None): b"N"}


def snapshot(
    source: Path, to: Path, *, seconds: float = DEADLINE_SECONDS, watch: Watch | None = None
) -> Content:
    """Copy a live file into a new one, whole or not at all; returns what the source held.

    Content and copy come from one read transaction. The copy is written under a `.partial` name,
    read again and compared, and only then gets its name. Raises Unavailable when the source stays
    busy or the disk is full, Refused when the copy doesn't agree with its source.
    """
    partial = to.with_name(to.name + ".partial")
    try:
        with _new_file(partial), _naming(source, "copied"):
            content = _copy_out(source, partial, seconds, watch)
            agree(content, partial)
        _sync(partial)
        partial.rename(to)
        _sync(to.parent)
    except BaseException:
        for leftover in (partial, *_beside(partial)):
            leftover.unlink(missing_ok=True)
        raise
    return content


def pages_copy(source: Path, to: Path, *, seconds: float = DEADLINE_SECONDS) -> None:
    """Copy a live file's pages into a private one (mode 0600) that is sound by itself.

    Raises Unavailable when the source stays busy, Refused when it is damaged.
    """
    with (
        _new_file(to),
        _naming(source, "copied"),
        closing(_open(source, "ro")) as live,
        closing(_open(to, "rw")) as copy,
    ):
        live.execute("BEGIN")
        live.execute("SELECT count(*) FROM sqlite_master").fetchone()  # one moment, whoever writes
        live.backup(copy, pages=PAGES_AT_ONCE * 16, progress=_watched(seconds, None), sleep=0.01)
        copy.execute("PRAGMA journal_mode = DELETE")
        sound(copy, source.name)


def restore(
    backup: Path, into: Path, *, seconds: float = DEADLINE_SECONDS, watch: Watch | None = None
) -> None:
    """Put a copy's content into a live file in one transaction of that file.

    Readers see the old content until the last page, then the new; a kill leaves the old.
    Raises Unavailable when somebody holds the live file for longer than `seconds`.
    """
    with (
        _naming(into, "restored"),
        closing(_open(backup, "ro")) as source,
        closing(_open(into, "rw")) as live,
    ):
        source.backup(live, pages=PAGES_AT_ONCE, progress=_watched(seconds, watch), sleep=0.05)


def scratch_copy(backup: Path, to: Path) -> Content:
    """Restore a copy into a file of its own (mode 0600), to be read or rehearsed on."""
    with _new_file(to):
        restore(backup, to)
    with closing(_open(to, "ro")) as connection:
        sound(connection, to.name)
        return content_of(connection)


def distil(source: Path, to: Path) -> Content:
    """Write what the rows of a file at rest hold into a new one; returns what that is.

    No free page goes along, in which deleted values stand, nor the samples of ANALYZE.
    """
    with _new_file(to), _naming(source, "written anew"):
        with closing(_open(source, "rw")) as connection:
            for name in _statistics(connection):
                connection.execute(f"DROP TABLE {_quoted(name)}")
            connection.execute("VACUUM INTO ?", (str(to),))
        _sync(to)
        with closing(_open(to, "ro")) as connection:
            sound(connection, to.name)
            return content_of(connection)


def empty_wal(file: Path) -> None:
    """Bring the WAL's pages into the file and leave nothing in it, unless a reader needs it."""
    with _naming(file, "tidied"), closing(_open(file, "rw")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def agree(content: Content, file: Path) -> None:
    """Raises Refused unless the file is sound and holds exactly this content."""
    with closing(_open(file, "ro")) as connection:
        sound(connection, file.name)
        found = content_of(connection)
    if differing := content.differs_in(found):
        raise Refused(f"The copy differs from its source in {', '.join(differing)}.")
    if content.broken_references != found.broken_references:
        raise Refused("The copy has other broken references than its source.")


def sound(connection: sqlite3.Connection, name: str) -> None:
    """Raises Refused when SQLite itself finds the file damaged, Unavailable when it can't look."""
    try:
        verdict = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    except sqlite3.OperationalError as error:
        raise Unavailable(f"{name} could not be checked: {error}.") from error
    except sqlite3.DatabaseError as error:
        verdict = str(error)
    if verdict != "ok":
        raise Refused(f"{name} is damaged: {str(verdict).splitlines()[-1]}.")


def require_sound_file(file: Path) -> None:
    with _naming(file, "checked"), closing(_open(file, "ro")) as connection:
        sound(connection, file.name)


def content_of(connection: sqlite3.Connection) -> Content:
    """Count and digest every table, in the connection's present transaction; memory stays flat."""
    counts, digests = {}, {}
    for table in _tables(connection):
        counts[table], digests[table] = _digest_table(connection, table)
    broken = sum(1 for _ in connection.execute("PRAGMA foreign_key_check"))
    return Content(counts=counts, digests=digests, broken_references=broken)


def content_of_file(file: Path) -> Content:
    """The same for a file, read in one transaction of its own."""
    with closing(_open(file, "ro")) as connection:
        connection.execute("BEGIN")
        return content_of(connection)


def _copy_out(source: Path, partial: Path, seconds: float, watch: Watch | None) -> Content:
    with closing(_open(source, "ro")) as live, closing(_open(partial, "rw")) as copy:
        live.execute("BEGIN")
        content = content_of(live)
        live.backup(copy, pages=PAGES_AT_ONCE, progress=_watched(seconds, watch), sleep=0.05)
        copy.execute("PRAGMA journal_mode = DELETE")
        _forget_versions(copy)
    _sync(partial)
    return content


def _forget_versions(copy: sqlite3.Connection) -> None:
    """A restored copy is at no version: its content may go another way than the original's."""
    names = {
        name for (name,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    }
    for name in names.intersection(VERSION_TABLES):
        copy.execute(f"DELETE FROM {name}")  # noqa: S608 — one of the product's own


def _watched(seconds: float, watch: Watch | None) -> Callable[[int, int, int], None]:
    """The backup API retries a busy file for ever; this ends it, and no copy that goes on."""
    end, left = time.monotonic() + seconds, -1

    def progress(status: int, remaining: int, total: int) -> None:
        nonlocal end, left
        if watch:
            watch(total - remaining, total)
        if remaining != left:
            end, left = time.monotonic() + seconds, remaining
        elif status != sqlite3.SQLITE_DONE and time.monotonic() > end:
            raise Unavailable(f"The database stayed busy for {seconds:.0f} seconds.")

    return progress


def _tables(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute(
        "SELECT name, sql LIKE 'CREATE VIRTUAL%' FROM sqlite_master WHERE type = 'table'"
        " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"
    )
    return [
        name
        for name, is_virtual in rows.fetchall()
        if not (stands_beside(name) or is_shadow(name)) and (is_derived(name) or not is_virtual)
    ]


def _statistics(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute(
        "SELECT name FROM sqlite_master WHERE name LIKE 'sqlite\\_stat%' ESCAPE '\\'"
    )
    return [name for (name,) in rows.fetchall()]


def _digest_table(connection: sqlite3.Connection, table: str) -> tuple[int, str]:
    columns = connection.execute(f"PRAGMA table_info({_quoted(table)})").fetchall()
    keys = [column[1] for column in sorted(columns, key=lambda each: each[5]) if column[5]]
    names = [column[1] for column in columns]
    listed, order = (", ".join(map(_quoted, each)) for each in (names, keys or names))
    digest = hashlib.sha256("\0".join(names).encode())
    if is_derived(table):  # its rows follow from others: that it is there, and its columns
        return 0, digest.hexdigest()
    count, encoded, heads = 0, _Encoded(), _Heads()
    rows = connection.execute(f"SELECT {listed} FROM {_quoted(table)} ORDER BY {order}")  # noqa: S608
    with _as_bytes(connection):
        while some := rows.fetchmany(ROWS_AT_ONCE):
            count += len(some)
            for row in some:
                parts = [
                    encoded[each]
                    if (kind := type(each)) in _SHORT
                    else heads[len(each)] + each
                    if kind is bytearray
                    else _of(each)
                    for each in row
                ]
                digest.update(b"".join(parts))
    return count, digest.hexdigest()


@contextmanager
def _as_bytes(connection: sqlite3.Connection) -> Iterator[None]:
    """A text's own bytes, whatever they are, told from those of a blob by their type."""
    before, connection.text_factory = connection.text_factory, bytearray
    yield
    connection.text_factory = before


class _Heads(dict[int, bytes]):
    """What stands before a text, by its length."""

    def __missing__(self, length: int) -> bytes:
        self[length] = head = b"s" + length.to_bytes(8, "big")
        return head


class _Encoded(dict[int | None, bytes]):
    """Numbers and NULL, most of which come again and again."""

    def __missing__(self, value: int | None) -> bytes:
        if len(self) > ENCODINGS_KEPT:
            self.clear()
        self[value] = encoded = _of(value)
        return encoded


def _of(value: bytes | int | float | None) -> bytes:
    """Type, length, bytes: no two different rows have the same encoding."""
    raw = value if isinstance(value, bytes) else repr(value).encode()
    return _KINDS[type(value)] + len(raw).to_bytes(8, "big") + raw


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _open(file: Path, mode: str) -> sqlite3.Connection:
    uri = f"{file.resolve().as_uri()}?mode={mode}"
    return sqlite3.connect(uri, uri=True, timeout=0.2, isolation_level=None)


@contextmanager
def _new_file(file: Path) -> Iterator[None]:
    """Make the file readable by its owner alone, before SQLite writes the first page."""
    os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    try:
        yield
    except BaseException:
        with suppress(FileNotFoundError):
            file.unlink()
        raise


@contextmanager
def _naming(file: Path, done: str) -> Iterator[None]:
    """Turn SQLite's errors into a sentence that names the file."""
    try:
        yield
    except sqlite3.Error as error:
        raise Unavailable(f"{file.name} could not be {done}: {error}.") from error


def _beside(file: Path) -> list[Path]:
    return [file.with_name(file.name + end) for end in ("-journal", "-wal", "-shm")]


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
