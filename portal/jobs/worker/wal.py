"""Keeps the write-ahead log (WAL) of the control room's SQLite database short.

After a commit SQLite copies the log into the file, and restarts the log when no reader uses it.
Under constant reading that never happens, and the log grows with every write. So the worker
requests a checkpoint: writers wait for current readers, for half a second at most.
"""

from sqlalchemy.engine import URL

from portal.core.configuration.settings import settings, sqlite_path
from portal.core.storage.sqlite import open_sqlite
from portal.jobs.worker.each_second import every_tick

MOST = 16_000_000
"""Bytes. SQLite starts its own checkpoints at 4 MB, which usually suffices."""
PATIENCE = 0.5
AGAIN = 5.0
"""Seconds until the next attempt if readers remained."""


@every_tick
def shorten_the_log() -> float | None:
    return None if shorten(settings().ops_url) else AGAIN


def shorten(url: URL, most: int = MOST) -> bool:
    """Truncate a log longer than this. False if a reader held it longer than the timeout."""
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
