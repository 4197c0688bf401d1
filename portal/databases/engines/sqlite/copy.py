"""Copies of SQLite files: the snapshot, the restore, and the comparison of two copies.

Copying the file itself loses what is only in the WAL, although `integrity_check` says ok, and
replacing a live file under its WAL silently undoes the replacement. So both directions use SQLite's
backup API.
"""

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from portal.core.errors import Refused, Unavailable
from portal.core.files.private import create_private
from portal.databases.engines.beside import VERSION_TABLES
from portal.databases.engines.content import Content, Watch, sha256_of
from portal.databases.engines.sqlite.content import content_of, open_file, quoted

__all__ = ["Content", "Watch", "sha256_of"]

DEADLINE_SECONDS = 120.0
"""Without a single page copied; a large file has no limit as long as pages are copied."""
PAGES_AT_ONCE = 256


def snapshot(
    source: Path, to: Path, *, seconds: float = DEADLINE_SECONDS, watch: Watch | None = None
) -> Content:
    """Copy a live file into a new one, as a whole or not at all; returns the source's content.

    Content and copy come from one read transaction. The copy is written under a `.partial` name,
    read again, compared, and then renamed. Raises Unavailable when the source stays busy or the
    disk is full, Refused when the copy differs from its source.
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
    """Copy a live file's pages into a private file (mode 0600) that needs no WAL.

    Raises Unavailable when the source stays busy, Refused when it is damaged.
    """
    with (
        _new_file(to),
        _naming(source, "copied"),
        closing(open_file(source, "ro")) as live,
        closing(open_file(to, "rw")) as copy,
    ):
        live.execute("BEGIN")
        live.execute("SELECT count(*) FROM sqlite_master").fetchone()  # starts the snapshot
        live.backup(copy, pages=PAGES_AT_ONCE * 16, progress=_watched(seconds, None), sleep=0.01)
        copy.execute("PRAGMA journal_mode = DELETE")
        sound(copy, source.name)


def restore(
    backup: Path, into: Path, *, seconds: float = DEADLINE_SECONDS, watch: Watch | None = None
) -> None:
    """Put a copy's content into a live file in one transaction of that file.

    Readers see the old content until the last page, then the new; a kill leaves the old.
    Raises Unavailable when the live file stays locked for longer than `seconds`.
    """
    with (
        _naming(into, "restored"),
        closing(open_file(backup, "ro")) as source,
        closing(open_file(into, "rw")) as live,
    ):
        source.backup(live, pages=PAGES_AT_ONCE, progress=_watched(seconds, watch), sleep=0.05)


def scratch_copy(backup: Path, to: Path) -> Content:
    """Restore a copy into a new file (mode 0600), to be read or rehearsed on."""
    with _new_file(to):
        restore(backup, to)
    with closing(open_file(to, "ro")) as connection:
        sound(connection, to.name)
        return content_of(connection)


def marked(file: Path, mark: str) -> Path:
    """Write a mark of eight hexadecimal digits into a file's header: it is no content."""
    with closing(open_file(file, "rw")) as connection:
        connection.execute(f"PRAGMA user_version = {_number_of(mark)}")
    return file


def has_mark(file: Path, mark: str) -> bool:
    with closing(open_file(file, "ro")) as connection:
        found = connection.execute("PRAGMA user_version").fetchone()[0]
    return bool(found == _number_of(mark))


def _number_of(mark: str) -> int:
    """As the header holds it: 32 bits with a sign."""
    return int.from_bytes(bytes.fromhex(mark), "big", signed=True)


def distil(source: Path, to: Path) -> Content:
    """Write the rows of a file that is not in use into a new one; returns its content.

    Free pages, which hold deleted values, and the samples of ANALYZE are left out.
    """
    with _new_file(to), _naming(source, "rewritten"):
        with closing(open_file(source, "rw")) as connection:
            for name in _statistics(connection):
                connection.execute(f"DROP TABLE {quoted(name)}")
            connection.execute("VACUUM INTO ?", (str(to),))
        _sync(to)
        with closing(open_file(to, "ro")) as connection:
            sound(connection, to.name)
            return content_of(connection)


def empty_wal(file: Path) -> None:
    """Write the WAL's pages into the file and empty the WAL, unless a reader needs it."""
    with _naming(file, "tidied"), closing(open_file(file, "rw")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def agree(content: Content, file: Path) -> None:
    """Raises Refused unless the file is undamaged and holds exactly this content."""
    with closing(open_file(file, "ro")) as connection:
        sound(connection, file.name)
        found = content_of(connection)
    if differing := content.differs_in(found):
        raise Refused(f"The copy differs from its source in {', '.join(differing)}.")
    if content.broken_references != found.broken_references:
        raise Refused("The copy has other broken references than its source.")


def sound(connection: sqlite3.Connection, name: str) -> None:
    """Raises Refused when SQLite finds the file damaged, Unavailable when it can't be checked."""
    try:
        verdict = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    except sqlite3.OperationalError as error:
        raise Unavailable(f"{name} could not be checked: {error}.") from error
    except sqlite3.DatabaseError as error:
        verdict = str(error)
    if verdict != "ok":
        raise Refused(f"{name} is damaged: {str(verdict).splitlines()[-1]}.")


def require_sound_file(file: Path) -> None:
    with _naming(file, "checked"), closing(open_file(file, "ro")) as connection:
        sound(connection, file.name)


def _copy_out(source: Path, partial: Path, seconds: float, watch: Watch | None) -> Content:
    with closing(open_file(source, "ro")) as live, closing(open_file(partial, "rw")) as copy:
        live.execute("BEGIN")
        content = content_of(live)
        live.backup(copy, pages=PAGES_AT_ONCE, progress=_watched(seconds, watch), sleep=0.05)
        copy.execute("PRAGMA journal_mode = DELETE")
        _forget_versions(copy)
    _sync(partial)
    return content


def _forget_versions(copy: sqlite3.Connection) -> None:
    """A copy has no public versions: its content may change differently from the original's."""
    names = {
        name for (name,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    }
    for name in names.intersection(VERSION_TABLES):
        copy.execute(f"DELETE FROM {name}")  # noqa: S608 — one of the product's own


def _watched(seconds: float, watch: Watch | None) -> Callable[[int, int, int], None]:
    """A callback that stops a copy without progress: the backup API retries a busy file forever."""
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


def _statistics(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute(
        "SELECT name FROM sqlite_master WHERE name LIKE 'sqlite\\_stat%' ESCAPE '\\'"
    )
    return [name for (name,) in rows.fetchall()]


@contextmanager
def _new_file(file: Path) -> Iterator[None]:
    """Create the file with its rights before SQLite writes to it; removed on an error."""
    os.close(create_private(file))
    try:
        yield
    except BaseException:
        with suppress(FileNotFoundError):
            file.unlink()
        raise


@contextmanager
def _naming(file: Path, done: str) -> Iterator[None]:
    """Turn SQLite's errors into Unavailable, naming the file."""
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
