"""The directory of development with the tables for accounts, as this control room knows it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from alembic import command
from sqlalchemy.engine import URL

from portal.core.storage.database import changing_directory, db
from portal.core.storage.sqlite import SchemaAccess
from portal.databases.engines import engine_for as guarded_engine_for
from portal.databases.targets.config import Target, target_named
from portal.databases.targets.registry import control_room
from portal.directory.users.letters import LetterKind, queue_letter
from tests.support.alembic import engine_for, upgrade
from tests.support.databases import adopt_quietly, file_of, prepared_file
from tests.support.postgres import running_server


def place_directory(name: str = "development", *, revision: str = "head") -> Target:
    """Commits. The database of a server is there already: `on_server`."""
    control_room(is_demo=True)
    db.session.commit()
    target = target_named(name)
    if target.url.get_backend_name() == "sqlite":
        shutil.copy(prepared_file(revision, 0), file_of(target))
    adopt_quietly(target)
    return target


def bring_to_head(target: Target) -> None:
    """As `flask db upgrade` does on development."""
    engine = guarded_engine_for(target.url)
    with engine.changing(SchemaAccess.UPGRADE) as connection:
        config = target.history.config()
        config.attributes.update(connection=connection)
        command.upgrade(config, "head")


@contextmanager
def on_server() -> Iterator[URL]:
    with running_server().database(template=_template()) as url:
        yield url


@cache
def _template() -> str:
    name = "with_accounts"
    with running_server().connect() as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    engine = engine_for(running_server().url(name))
    upgrade(engine)
    engine.dispose()
    return name


def queue(kind: LetterKind, email: str = "olive@example.com", **more: object) -> str:
    """A letter that waits, as the site queues it; returns its id."""
    with changing_directory():
        return queue_letter(kind, email, **more).id
