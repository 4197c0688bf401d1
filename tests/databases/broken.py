"""Faults of a SQLite database made for real, each undone at the end of its block."""

import ctypes
import os
import resource
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from pathlib import Path

PAGE = 4096
CAPABILITIES_3 = 0x20080522
OVERRIDES = (1 << 1) | (1 << 2) | (1 << 3)
"""CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER: by these root may do what modes forbid."""
Fault = Callable[[Path], AbstractContextManager[None]]


def files_of(file: Path) -> list[Path]:
    return [each for end in ("", "-wal", "-shm") if (each := Path(f"{file}{end}")).exists()]


@contextmanager
def limited(file: Path) -> Iterator[None]:
    """No file of this process may become larger than the database is."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = min(each.stat().st_size for each in files_of(file)[:2])
    resource.setrlimit(resource.RLIMIT_FSIZE, (max(size, 1024), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def full(file: Path) -> Iterator[None]:
    """The disk, one of `disk`'s, is filled to its last byte while a process reads the database."""
    filler = file.parent / "filler"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        with filler.open("wb", buffering=0) as stuff, suppress(OSError):
            while stuff.write(bytes(PAGE)):
                pass
        try:
            yield
        finally:
            filler.unlink()


@contextmanager
def disk(folder: Path, *, size: str = "4m") -> Iterator[None]:
    """A small disk of its own, in memory."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@contextmanager
def read_only(file: Path) -> Iterator[None]:
    """The disk is mounted read-only while a process has the database open, as a site has."""
    folder, held = file.parent, sqlite3.connect(file)
    held.execute("SELECT count(*) FROM sqlite_master").fetchone()
    subprocess.run(["mount", "--bind", folder, folder], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", folder], check=True)
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)
        held.close()


@contextmanager
def no_rights(file: Path) -> Iterator[None]:
    modes = {each: each.stat().st_mode for each in files_of(file)}
    with as_anybody():
        for each in modes:
            each.chmod(0)
        try:
            yield
        finally:
            for each, mode in modes.items():
                if each.exists():
                    each.chmod(mode)


@contextmanager
def as_anybody() -> Iterator[None]:
    """Modes count for this thread as well if it is root's."""
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(CAPABILITIES_3, 0)
    data = (ctypes.c_uint32 * 6)()
    assert libc.capget(header, data) == 0
    before = data[0]
    data[0] = before & ~OVERRIDES
    assert libc.capset(header, data) == 0
    try:
        yield
    finally:
        data[0] = before
        assert libc.capset(header, data) == 0


@contextmanager
def damaged(file: Path) -> Iterator[None]:
    """Zeros over all but the first page."""
    with put_back(file):
        size = file.stat().st_size
        with file.open("r+b") as handle:
            handle.seek(PAGE)
            handle.write(b"\xa5" * (size - PAGE))
        yield


@contextmanager
def no_database(file: Path) -> Iterator[None]:
    """Another kind of file."""
    with put_back(file):
        file.write_bytes(b"This was a database once.\n" * 1000)
        yield


@contextmanager
def missing(file: Path) -> Iterator[None]:
    with put_back(file):
        for each in files_of(file):
            each.unlink()
        yield


@contextmanager
def locked(file: Path) -> Iterator[None]:
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        yield
        connection.execute("ROLLBACK")


@contextmanager
def not_set_up(file: Path) -> Iterator[None]:
    """A file without any table, as a program makes one that opens a wrong path."""
    with put_back(file):
        for each in files_of(file):
            each.unlink()
        file.touch()
        yield


@contextmanager
def put_back(file: Path) -> Iterator[None]:
    """The same file, since its inode is its anchor; WAL emptied before."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content, kept = file.read_bytes(), file.with_name("kept")
    os.link(file, kept)
    try:
        yield
    finally:
        for each in files_of(file):
            each.unlink()
        kept.rename(file)
        file.write_bytes(content)


FAULTS: dict[str, Fault] = {
    "full": full,
    "limited": limited,
    "read-only": read_only,
    "no rights": no_rights,
    "damaged": damaged,
    "no database": no_database,
    "missing": missing,
    "locked": locked,
    "not set up": not_set_up,
}
