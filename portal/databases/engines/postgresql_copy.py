"""Copies of PostgreSQL databases: the dump, the scratch database, and the way back by swap.

`pg_restore --list` reads a truncated or altered dump without complaint, so that only a restore
proves one: whole, in one transaction, ended by the first error. Source: "Traps" in the design's
page on guarded databases.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from portal.core.errors import Refused, Unavailable
from portal.databases.engines import postgresql_server as server
from portal.databases.engines import postgresql_tools as tools
from portal.databases.engines.base import first_line
from portal.databases.engines.beside import LEASE_TABLES
from portal.databases.engines.content import Content, Watch
from portal.databases.engines.postgresql_content import content_of

PAGE = 8192
NAMES = "databases"
LOCK_WAIT = "10s"


def snapshot(url: URL, to: Path, *options: str, watch: Watch | None = None) -> Content:
    """Dump a live database into a new file, whole or not at all; returns what it held.

    Content and dump come from one snapshot. The dump is written under a `.partial` name, and gets
    its own when it is on the disk. `options`: more of them for pg_dump. Raises Unavailable or
    Refused.
    """
    partial = to.with_name(to.name + ".partial")
    try:
        with _named(url, "copied"), server.reading(url) as connection:
            shared = connection.exec_driver_sql("SELECT pg_export_snapshot()").scalar_one()
            size = "SELECT pg_database_size(current_database())"
            pages = int(connection.exec_driver_sql(size).scalar_one()) // PAGE
            content = content_of(connection)
            look = _watched(partial, pages, watch)
            _dump(tools.tools_for(connection), url, partial, shared, look, *options)
        partial.rename(to)
        _sync(to.parent)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    return content


def _dump(folder: Path, url: URL, to: Path, shared: str, watch: tools.Say, *options: str) -> None:
    os.close(os.open(to, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    tools.run(
        folder / "pg_dump",
        "--format=custom",
        f"--snapshot={shared}",
        f"--lock-wait-timeout={LOCK_WAIT}",
        f"--file={to}",
        *(f"--exclude-table=public.{each}" for each in LEASE_TABLES),
        *options,
        on=url,
        watch=watch,
    )
    _sync(to)


def _watched(partial: Path, pages: int, watch: Watch | None) -> tools.Say:
    """How much is written, against how much there is: a dump is smaller, so it never gets there."""

    def look() -> None:
        if watch and partial.exists():
            watch(min(partial.stat().st_size // PAGE, pages), pages)

    return look


def scratch_copy(backup: Path, url: URL, folder: Path) -> tuple[URL, Content]:
    """Restore a dump into a database of its own beside the live one, to be read or rehearsed on.

    Its name is written into the folder first, so that whoever wipes the folder drops it.
    """
    name = new_name(url, "scratch", folder)
    restore_into(name, backup, url)
    with _named(url, "read"), server.reading(url.set(database=name)) as connection:
        return url.set(database=name), content_of(connection)


def new_name(url: URL, purpose: str, folder: Path) -> str:
    """The name of a database that is gone when the folder is."""
    name = f"{(url.database or '')[:30]}_{purpose}_{secrets.token_hex(8)}"
    with (folder / NAMES).open("a") as names:
        names.write(name + "\n")
        names.flush()
        os.fsync(names.fileno())
    return name


def restore_into(name: str, backup: Path, url: URL) -> None:
    """Make the database on the same server, and restore into it. Raises Refused or Unavailable.

    What proves a backup and what restores it is this one command. Roles are the server's and no
    part of a backup: grants are left out, and given anew by `postgresql_roles`.
    """
    with _named(url, "restored"), server.maintaining(url) as connection:
        folder = tools.tools_for(connection)
        server.create_database(connection, name, like=url.database)
    try:
        tools.run(
            folder / "pg_restore",
            "--exit-on-error",
            "--single-transaction",
            "--no-owner",
            "--no-privileges",
            str(backup),
            on=url.set(database=name),
        )
    except Unavailable as error:
        raise Refused(f"{backup.name} can't be restored: {error.sentence}") from error


def drop_named_in(folder: Path, urls: list[URL]) -> bool:
    """Drop the databases that a scratch folder names, on whichever server they are.

    False while a server does not answer: the folder is then needed for the next time.
    """
    file = folder / NAMES
    names = file.read_text().split() if file.exists() else []
    done = True
    for url in urls if names else []:
        try:
            server.drop_databases(url, names)
        except (DBAPIError, Unavailable):
            done = False
    return done


@contextmanager
def _named(url: URL, done: str) -> Iterator[None]:
    """Turn the driver's errors into a sentence that names the database."""
    try:
        yield
    except (DBAPIError, psycopg.Error) as error:  # rows are copied by the driver itself
        said = first_line(error)
        raise Unavailable(f"Database {url.database} could not be {done}: {said}") from error


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
