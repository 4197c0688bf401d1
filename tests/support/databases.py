"""Directory databases for tests: prepared once for each revision and size, then copied and stamped.

Inside an application context with a prepared ops database:

    make_database("production", LEGACY, studios=60)
    make_database("development")                          # at head, without rows

From then on both are registered, and `judge` says that they fit.
"""

import atexit
import shutil
import sqlite3
import tempfile
from contextlib import closing
from functools import cache
from pathlib import Path

from sqlalchemy.engine import URL

from portal.core.configuration.settings import sqlite_path, sqlite_url
from portal.core.storage.database import db
from portal.core.storage.sqlite import SchemaAccess
from portal.databases.engines import engine_for
from portal.databases.migrations.guard import stamp_target
from portal.databases.migrations.history import current_revision
from portal.databases.targets.config import Target, target_named
from portal.databases.targets.models import RegisteredTarget
from portal.databases.targets.registry import note_state
from portal.directory.demo import fill_legacy
from tests.support.alembic import CONSOLIDATED, HEAD, LEGACY, PENDING, upgrade
from tests.support.alembic import engine_for as plain_engine_for

__all__ = ["CONSOLIDATED", "HEAD", "LEGACY", "PENDING", "make_database"]


def make_database(name: str, revision: str = HEAD, *, studios: int = 0) -> Target:
    """A fitting target at a revision, with so many demo studios. Commits."""
    target = target_named(name)
    file_of(target).parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(prepared_file(revision, studios), file_of(target))
    adopt_quietly(target)
    return target


def adopt_quietly(target: Target) -> None:
    """Stamp and register what stands at the target's address, whatever it is."""
    engine = engine_for(target.url)
    with engine.changing(SchemaAccess.SCRATCH) as connection:
        stamp_target(connection, target)
        revision, digest = current_revision(connection), engine.schema_digest(connection)
        objects = engine.schema_objects(connection)
    note_state(target.name, revision=revision, schema_digest=digest, schema_objects=objects)
    db.session.commit()


def forget(name: str) -> None:
    """The control room no longer knows this target."""
    db.session.delete(db.session.get_one(RegisteredTarget, name))
    db.session.commit()


@cache
def prepared_file(revision: str, studios: int) -> Path:
    """A file without an identity, made once in this process."""
    file = _folder() / f"{revision}-{studios}.sqlite3"
    engine_for(url_of(file)).create()
    engine = plain_engine_for(url_of(file))
    upgrade(engine, LEGACY)
    if studios:
        with engine.begin() as connection:
            fill_legacy(connection, studios=studios)
    upgrade(engine, revision)
    checkpoint(file)
    return file


@cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="prepared-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def url_of(file: Path) -> URL:
    return sqlite_url("tests", URL.create("sqlite", database=str(file)))


def file_of(target: Target) -> Path:
    file = sqlite_path(target.url)
    assert file is not None
    return file


def copy_file(source: Path, to: Path) -> Path:
    """A whole copy of a database file, as somebody would make one by hand with no process on it."""
    checkpoint(source)
    shutil.copy2(source, to)
    return to


def checkpoint(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def change_by_hand(file: Path, *statements: str) -> None:
    with closing(sqlite3.connect(file)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def dump(file: Path) -> list[str]:
    """Schema and rows of everything in the file, the guard's own tables included."""
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
        return list(connection.iterdump())


def revision_of(target: Target) -> str | None:
    with engine_for(target.url).reading() as connection:
        return current_revision(connection)


def change_ops_by_hand(*statements: str) -> None:
    """As whoever can open the file can: the product's own connections refuse it."""
    db.session.commit()
    file = db.engines["ops"].url.database
    assert file
    change_by_hand(Path(file), *statements)
