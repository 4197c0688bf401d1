"""What the guard costs: the consolidation under it, beside the same statements run bare.

Prints the ratio of the two times, measured in one run on the same rows and engine. The number of
studios comes from the command line: python bench/bench_migration.py 20000
"""

import shutil
import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from alembic import command
from sqlalchemy import event

from portal.app import create_app
from portal.audit.actor import SYSTEM
from portal.control.setup import prepare_ops
from portal.core.settings import load_settings
from portal.databases.creation import create_database
from portal.databases.engines import engine_for
from portal.databases.revisions import FOLDER, History
from portal.databases.targets import Target, target_named
from portal.directory.demo import fill_legacy

LEGACY = "0001"
Statement = tuple[str, Any]


def guarded(target: Target) -> tuple[float, list[Statement]]:
    """Seconds of an upgrade as `flask db upgrade` does it, and the statements of the revision."""
    ran: list[Statement] = []
    config = History(FOLDER).config()
    started = time.perf_counter()
    with engine_for(target.url).changing() as connection:
        event.listen(connection, "before_cursor_execute", partial(_note, ran))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return time.perf_counter() - started, [each for each in ran if _changes(each[0])]


def bare(file: Path, statements: list[Statement]) -> float:
    """Seconds of the statements alone, in one transaction."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        started = time.perf_counter()
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("BEGIN IMMEDIATE")
        for words, values in statements:
            connection.execute(words, values)
        connection.execute("COMMIT")
        return time.perf_counter() - started


def _note(ran: list[Statement], _connection: Any, _cursor: Any, *rest: Any) -> None:
    ran.append((rest[0], rest[1]))


def _changes(words: str) -> bool:
    first = words.lstrip().split(None, 1)[0].upper()
    return first in {"ALTER", "CREATE", "DROP", "INSERT", "UPDATE", "DELETE"}


def main() -> None:
    studios = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(load_settings({"PORTAL_DATA": folder, "SECRET_KEY": "bench"}))
        with app.app_context():
            prepare_ops()
            target = target_named("development")
            fill = partial(fill_legacy, studios=studios)
            create_database(target, by=SYSTEM, revision=LEGACY, fill=fill)
            original = Path(folder) / "development.sqlite3"
            copy = Path(folder) / "copy.sqlite3"
            with closing(sqlite3.connect(original)) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            shutil.copy(original, copy)
            under_guard, statements = guarded(target)
            alone = bare(copy, statements)
    print(f"studios            {studios:>10,}")
    print(f"under the guard    {under_guard:>10.2f} s")
    print(f"the same, bare     {alone:>10.2f} s   {len(statements)} statements")
    print(f"ratio              {under_guard / alone:>10.2f}")


if __name__ == "__main__":
    main()
