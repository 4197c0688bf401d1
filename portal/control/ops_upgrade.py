"""The ops database's own schema: creation, and upgrades to this release's revision.

Two releases share it while one replaces the other, so its revisions only expand. Existing data is
backed up and verified first. A newer release's database is left alone.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from alembic import command
from sqlalchemy import Connection, inspect, select
from sqlalchemy.exc import DBAPIError

from portal.audit.actor import SYSTEM
from portal.core.configuration.settings import sqlite_path
from portal.core.errors import Refused
from portal.core.files.private import create_private, make_folder
from portal.core.storage.database import db
from portal.core.storage.sqlite import SchemaAccess, open_sqlite
from portal.databases.backups.ops_database import catalogue_ops, copy_ops
from portal.databases.engines import engine_for
from portal.databases.engines.base import first_line
from portal.databases.migrations.history import current_revision
from portal.databases.targets.config import ops_database
from portal.databases.targets.database_roles import grant_to_site
from portal.databases.targets.models import ControlRoom
from portal.databases.targets.ops_address import (
    require_ops_place,
    require_own_tables,
    require_places,
)
from portal.incidents.sharing.unshared import find_unshared

Say = Callable[[str], None]


def prepare_ops(say: Say = lambda _words: None) -> None:
    """Create or upgrade the ops database; on a server with the role that may, and grant the site's
    role.

    Raises Conflict while another setup is running, Refused if the database belongs to something
    else or this role may not, Refused or Unavailable if existing data can't be backed up first;
    then nothing is changed.
    """
    ops = ops_database()
    require_ops_place()
    require_places()
    with _one_sentence():
        if file := sqlite_path(ops.url):
            _make_file(file)
        else:
            engine_for(ops.url).create()
        revision, is_in_use = _present()
    if not ops.history.knows(revision):
        say(f"The ops database is at {revision}, of a newer release: it is left as it is.")
        return
    is_behind = is_in_use and bool(ops.history.pending(revision))
    copy = copy_ops() if is_behind else None
    db.session.commit()  # ends the read transaction that would block the upgrade
    with _one_sentence():
        _upgrade()
    _find_unshared(say, is_new=not is_in_use)
    if copy:
        taken = catalogue_ops(*copy, reason="Before its own upgrade", by=SYSTEM)
        name = taken.name
        db.session.commit()
        say(f"The ops database was brought from {revision} to the newest revision, after {name}.")


def _find_unshared(say: Say, *, is_new: bool) -> None:
    """Find reports that clients could read before staff became the default; home asks
    about them."""
    count = find_unshared(is_new=is_new)
    db.session.commit()
    if count:
        one = count == 1
        reports = (
            "1 report does not say who reads it"
            if one
            else (f"{count} reports do not say who reads them")
        )
        say(
            f"{reports}: clients could, and now staff alone can."
            " The control room’s home lists them to be shared."
        )


def has_room() -> bool:
    """Whether a control room's row is in the ops database; also False where there is none."""
    engine = engine_for(ops_database().url)
    with _one_sentence():
        return engine.exists() and _present()[1]


def _present() -> tuple[str | None, bool]:
    """The revision, and whether it belongs to a control room: otherwise there is nothing to back
    up."""
    with engine_for(ops_database().url).reading() as connection:
        has_room = inspect(connection).has_table(ControlRoom.__tablename__)
        is_in_use = has_room and connection.scalar(select(ControlRoom.uuid)) is not None
        return current_revision(connection), is_in_use


def _upgrade() -> None:
    ops = ops_database()
    if sqlite_path(ops.url):
        with open_sqlite(ops.url, access=SchemaAccess.UPGRADE).begin() as connection:
            _to_head(connection)
        return
    with engine_for(ops.url).changing(SchemaAccess.UPGRADE) as connection:
        _to_head(connection)
        grant_to_site(ops, connection)


def _to_head(connection: Connection) -> None:
    require_own_tables(connection, ops_database().variable)
    config = ops_database().history.config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


@contextmanager
def _one_sentence() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        ops = ops_database()
        raise Refused(
            f"The ops database could not be set up: {first_line(error)}",
            remedy=f"Check {ops.variable}, and that the role in {ops.admin_variable} owns it.",
        ) from error


def _make_file(file: Path) -> None:
    """An empty database in WAL mode, so that reading does not wait for writing."""
    make_folder(file.parent)
    with suppress(FileExistsError):
        os.close(create_private(file))
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
