"""The log that SQLite writes ahead (WAL) of the control room's database: kept short.

After a commit SQLite moves what stands in the log into the file, and begins the log anew in the
first moment in which nobody reads from it. Where pages are read all the time there is no such
moment, and the log grows for as long as somebody writes. So the worker asks for one: writers wait
for the readers of just then, for half a second at most.
"""

import time

from sqlalchemy.engine import URL

from portal.core.configuration.settings import settings, sqlite_path
from portal.core.storage.sqlite import open_sqlite
from portal.jobs.worker.each_second import every_tick

MOST = 16_000_000
"""Bytes. SQLite begins to move at 4 MB, and mostly gets by with that."""
PATIENCE = 0.5
AGAIN = 5.0
"""Seconds until it is asked for once more where readers stayed."""

_next = 0.0


@every_tick
def shorten_the_log() -> None:
    global _next  # noqa: PLW0603 — one worker, one database of its own
    if time.monotonic() >= _next and not shorten(settings().ops_url):
        _next = time.monotonic() + AGAIN


def shorten(url: URL, most: int = MOST) -> bool:
    """Empty a log longer than this. False where somebody read on for longer than we wait."""
    file = sqlite_path(url)
    if file is None:
        return True
    log = file.with_name(f"{file.name}-wal")
    if not log.exists() or log.stat().st_size <= most:
        return True
    connection = open_sqlite(url).raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {int(PATIENCE * 1000)}")
        (is_busy, *_) = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        connection.close()
    return not is_busy
