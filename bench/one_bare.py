"""The process of the bare statements, otherwise like that of the change.

    python -m bench.one_bare URL

Prints, as JSON, elapsed seconds, processor seconds, and peak memory in bytes: from connecting to
the end of the connection, as the change does both within its operation.
"""

import json
import resource
import sys
import time
from types import ModuleType

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.pool import NullPool

from bench.rooms import LEGACY
from portal.core.storage.sqlite import SchemaAccess, open_sqlite
from portal.databases.migrations.history import FOLDER, History
from portal.warm import load


def main() -> None:
    load()
    history, url = History(FOLDER), make_url(sys.argv[1])
    modules = [each.module for each in history.pending(LEGACY, history.head())]
    began, own = time.perf_counter(), time.process_time()
    _upgrade(_engine(url), modules)
    seconds, own = time.perf_counter() - began, time.process_time() - own
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"seconds": seconds, "processor": own, "memory": memory}))


def _engine(url: URL) -> Engine:
    """With the settings of the product's own connection for a change."""
    if url.get_backend_name() == "sqlite":
        return open_sqlite(url, access=SchemaAccess.SCRATCH)
    return create_engine(url, poolclass=NullPool)


def _upgrade(engine: Engine, modules: list[ModuleType]) -> None:
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.connection.driver_connection.execute("PRAGMA foreign_keys = OFF")
        with connection.begin(), Operations.context(MigrationContext.configure(connection)):
            for each in modules:
                each.upgrade()


if __name__ == "__main__":
    main()
