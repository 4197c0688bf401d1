"""One place where tests open a connection for the directory's revisions and run them."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.pool import NullPool

import portal.directory.derived.tables  # its metadata is compared
import portal.directory.index.tables  # noqa: F401 — the same
from portal.core.storage.database import DirectoryModel
from portal.core.storage.sqlite import SchemaAccess, open_sqlite
from portal.databases.engines import engine_for as guarded_engine_for
from portal.databases.engines.derived import SEARCH_TEXT
from portal.databases.engines.derived import metadata as derived_metadata
from portal.databases.migrations.guard import REQUEST, MigrationRequest
from portal.databases.migrations.history import FOLDER, History

LEGACY, CONSOLIDATED = "0001", "9c41d07be5a2"
HEAD = History(FOLDER).head()
PENDING = History(FOLDER).pending(LEGACY)
"""The revisions after the legacy schema."""


def engine_for(url: URL | str) -> Engine:
    url = make_url(url)
    if url.get_backend_name() == "sqlite":
        return open_sqlite(url, access=SchemaAccess.SCRATCH)
    return create_engine(url, poolclass=NullPool)


@contextmanager
def migrating(engine: Engine) -> Iterator[Connection]:
    """A connection in a transaction, as a rehearsal hands it to env.py; commits at the end."""
    with guarded_engine_for(engine.url).changing(SchemaAccess.SCRATCH) as connection:
        yield connection


def config_for(connection: Connection | None) -> Config:
    config = Config(FOLDER / "alembic.ini")
    if connection is not None:
        config.attributes["connection"] = connection
        config.attributes[REQUEST] = MigrationRequest(rehearsal=True)
    return config


def upgrade(engine: Engine, revision: str = "head") -> None:
    with migrating(engine) as connection:
        upgrade_on(connection, revision)


def upgrade_on(connection: Connection, revision: str) -> None:
    command.upgrade(config_for(connection), revision)


def downgrade(engine: Engine, revision: str = LEGACY) -> None:
    with migrating(engine) as connection:
        command.downgrade(config_for(connection), revision)


def revision_module(revision: str = CONSOLIDATED) -> ModuleType:
    return ScriptDirectory.from_config(config_for(None)).get_revision(revision).module


def differences(engine: Engine) -> list[object]:
    """What autogenerate would change; empty when the models and the database agree."""
    options = {"include_name": lambda name, kind, _: kind != "table" or not is_foreign(name)}
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=options)
        return list(compare_metadata(context, [DirectoryModel.metadata, derived_metadata]))


def is_foreign(table: str | None) -> bool:
    return table is not None and table.startswith(("portal_", "legacy_", "alembic_", SEARCH_TEXT))
