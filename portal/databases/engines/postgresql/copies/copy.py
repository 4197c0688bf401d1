"""Copies of PostgreSQL databases: the dump, the scratch database, and the restore by swap.

`pg_restore --list` reads a truncated or altered dump without an error, so only a complete restore
verifies a dump: in one transaction that ends with the first error.
"""

import os
import re
import secrets
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from portal.core.errors import Refused, Unavailable
from portal.core.files.private import create_private
from portal.databases.engines.base import first_line
from portal.databases.engines.beside import LEASE_TABLES, VERSION_TABLES
from portal.databases.engines.content import Content, Watch
from portal.databases.engines.postgresql import server
from portal.databases.engines.postgresql.content import content_of
from portal.databases.engines.postgresql.copies import tools

PAGE = 8192
NAMES = "databases"
NAMED_HERE = re.compile(r".*_(scratch|restore|replaced)_[0-9a-f]{16}")
"""The names that `new_name` makes; no other database is ever dropped."""
LOCK_WAIT = "10s"
NEEDED_FIRST = (
    "A superuser makes the role that it names, then try again. An extension can't be made"
    " beforehand: what helps, and all else that stops it, is said by: flask databases preflight"
)
BESIDES = re.compile(
    r"\d+; \d+ \d+ (?:(?:COMMENT|SECURITY LABEL) - )?"
    r"(?:ACL|DEFAULT ACL|EVENT TRIGGER|PUBLICATION|SUBSCRIPTION)\b"
)
"""Entries of a dump's list that need roles or rights which a restored copy may lack."""


def snapshot(url: URL, to: Path, *options: str, watch: Watch | None = None) -> Content:
    """Dump a live database into a new file, completely or not at all; returns its content.

    Content and dump come from one snapshot. The dump is written under a `.partial` name, and gets
    its own when it is on the disk. `options`: more options for pg_dump. Raises Unavailable or
    Refused.
    """
    partial = to.with_name(to.name + ".partial")
    try:
        with _named(url, "copied"), server.reading(url) as connection:
            shared = connection.exec_driver_sql("SELECT pg_export_snapshot()").scalar_one()
            size = "SELECT pg_database_size(current_database())"
            pages = int(connection.exec_driver_sql(size).scalar_one()) // PAGE
            with _dumping(tools.tools_for(connection), url, partial, shared, *options) as finish:
                content = content_of(connection)  # meanwhile
                finish(_watched(partial, pages, watch))
            _sync(partial)
        partial.rename(to)
        _sync(to.parent)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    return content


@contextmanager
def _dumping(
    folder: Path, url: URL, to: Path, shared: str, *options: str
) -> Iterator[Callable[[tools.Say], None]]:
    os.close(create_private(to))
    with tools.running(
        folder / "pg_dump",
        "--format=custom",
        f"--snapshot={shared}",
        f"--lock-wait-timeout={LOCK_WAIT}",
        f"--file={to}",
        *(f"--exclude-table=public.{each}" for each in LEASE_TABLES),
        *(f"--exclude-table-data=*.{each}" for each in VERSION_TABLES),
        *options,
        on=url,
    ) as finish:
        yield finish


def _watched(partial: Path, pages: int, watch: Watch | None) -> tools.Say:
    """Bytes written against the size of the database: a dump is smaller, so it stays below."""

    def look() -> None:
        if watch and partial.exists():
            watch(min(partial.stat().st_size // PAGE, pages), pages)

    return look


def scratch_copy(backup: Path, url: URL, folder: Path) -> tuple[URL, Content]:
    """Restore a dump into a separate database on the same server, for reading or a rehearsal.

    Its name is written into the folder first, so that whatever deletes the folder also drops it.
    """
    name = new_name(url, "scratch", folder)
    restore_into(name, backup, url)
    with _named(url, "read"), server.reading(url.set(database=name)) as connection:
        return url.set(database=name), content_of(connection)


def new_name(url: URL, purpose: str, folder: Path) -> str:
    """The name of a database that is dropped together with the folder."""
    name = f"{(url.database or '')[:30]}_{purpose}_{secrets.token_hex(8)}"
    with (folder / NAMES).open("a") as names:
        names.write(name + "\n")
        names.flush()
        os.fsync(names.fileno())
    return name


def restore_into(name: str, backup: Path, url: URL) -> None:
    """Create the database on the same server, and restore into it. Raises Refused or Unavailable.

    Verifying a backup and restoring it use this same command. Roles belong to the server: owners
    and grants are left out, like what only a superuser may create; `restore_remaining` adds what it
    can.
    """
    with _named(url, "restored"), server.maintaining(url) as connection:
        folder = tools.tools_for(connection)
        server.create_database(connection, name, like=url.database)
    try:
        with listing(folder, backup, lambda line: not BESIDES.match(line)) as listed:
            tools.run(
                folder / "pg_restore",
                "--exit-on-error",
                "--single-transaction",
                "--no-owner",
                "--no-privileges",
                *listed,
                str(backup),
                on=url.set(database=name),
            )
    except Unavailable as error:
        raise Refused(
            f"{backup.name} can't be restored: {error.sentence}",
            remedy=NEEDED_FIRST if _lacks_something(error.sentence) else None,
        ) from error


def _lacks_something(message: str) -> bool:
    """Whether the server lacks something, as opposed to a damaged dump; only the text differs."""
    return any(each in message for each in ("does not exist", "denied", "superuser"))


def restore_remaining(name: str, backup: Path, url: URL) -> list[str]:
    """Restore grants, publications and event triggers of a dump, as far as roles and rights allow.

    Returns the commands that failed, each with its reason: a missing role must not keep the data
    from being restored. Subscriptions are left out: a copy must not receive rows from anywhere.
    """
    with server.maintaining(url) as connection:
        folder = tools.tools_for(connection)
    try:
        with listing(folder, backup, _is_brought_later) as listed:
            return tools.run_as_far_as_it_goes(
                folder / "pg_restore", "--no-owner", *listed, str(backup), on=url.set(database=name)
            )
    except Unavailable as error:
        return [error.sentence]


def _is_brought_later(line: str) -> bool:
    return bool(BESIDES.match(line)) and "SUBSCRIPTION" not in line.split()[3:6]


@contextmanager
def listing(folder: Path, backup: Path, wanted: Callable[[str], bool]) -> Iterator[list[str]]:
    """Options for pg_restore that select entries of a dump's list."""
    lines = [line for line in tools.contents(folder / "pg_restore", backup) if wanted(line)]
    with tempfile.NamedTemporaryFile("w", prefix="list-", errors="surrogateescape") as file:
        file.write("".join(f"{line}\n" for line in lines))
        file.flush()
        yield [f"--use-list={file.name}"]


def drop_named_in(folder: Path, urls: list[URL]) -> bool:
    """Drop the databases that a scratch folder names, on any of the servers.

    False while a server does not answer: the folder is then needed for the next attempt.
    """
    file = folder / NAMES
    listed = file.read_text().split() if file.exists() else []
    live = {url.database for url in urls}
    names = [name for name in listed if NAMED_HERE.fullmatch(name) and name not in live]
    done = True
    for url in urls if names else []:
        try:
            server.drop_databases(url, names)
        except (DBAPIError, Unavailable):
            done = False
    return done


def names_in(folders: Iterable[Path]) -> set[str]:
    """The databases that scratch folders name."""
    files = [each / NAMES for each in folders]
    return {name for each in files if each.is_file() for name in each.read_text().split()}


def left_behind(url: URL, named: Collection[str]) -> list[str]:
    """Scratch databases of this database that no folder names and no session uses."""
    query = text(
        "SELECT datname FROM pg_database AS d WHERE starts_with(datname, :start)"
        " AND pg_has_role(datdba, 'USAGE') AND datallowconn"
        " AND NOT EXISTS (SELECT 1 FROM pg_stat_activity AS a WHERE a.datname = d.datname)"
        " ORDER BY datname"
    )
    with server.maintaining(url) as connection:
        found = connection.scalars(query, {"start": f"{(url.database or '')[:30]}_"}).all()
    return [name for name in found if NAMED_HERE.fullmatch(name) and name not in named]


def close_to_all(url: URL, name: str) -> None:
    """Refuse every connection to a scratch database."""
    if NAMED_HERE.fullmatch(name):
        with server.maintaining(url) as connection:
            quoted = server.quoted(connection, name)
            connection.exec_driver_sql(f"ALTER DATABASE {quoted} ALLOW_CONNECTIONS false")


def drop_one(url: URL, name: str) -> None:
    if NAMED_HERE.fullmatch(name) and name != url.database:
        server.drop_databases(url, [name])


@contextmanager
def _named(url: URL, done: str) -> Iterator[None]:
    """Turn the driver's errors into a sentence that names the database."""
    import psycopg  # noqa: PLC0415 — loaded on use

    try:
        yield
    except (DBAPIError, psycopg.Error) as error:  # rows are copied by the driver itself
        message = first_line(error)
        raise Unavailable(f"Database {url.database} could not be {done}: {message}") from error


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
