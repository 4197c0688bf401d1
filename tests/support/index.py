"""The directory's derived tables on a database that no history made, and what fills them."""

from contextlib import AbstractContextManager

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine

from portal.databases.engines import engine_for
from portal.directory.derived.filling import fill_some
from portal.directory.revisions import WITH_FIGURES, WITH_MODERATION, WITH_SEARCH, WITH_SETS
from tests.support.alembic import revision_module

REVISIONS = (WITH_FIGURES, WITH_SEARCH, WITH_SETS)


def make_index(engine: Engine) -> None:
    with engine.begin() as connection, _operations(connection):
        for each in REVISIONS:
            revision_module(each).upgrade()
        revision_module(WITH_MODERATION).make_index()


def _operations(connection: Connection) -> AbstractContextManager[Operations]:
    return Operations.context(MigrationContext.configure(connection))


def fill_index(engine: Engine) -> None:
    """As the worker does."""
    is_left = True
    while is_left:
        with engine_for(engine.url).changing() as connection:
            is_left = fill_some(connection)
