"""Datasette as a reference on the same file, installed separately.

`make bench` installs it into .venv/datasette, apart from the packages that the product and its
tests need. If that fails, the lines compared with it say so.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.servers import ROOT, Server, started

PROGRAM = "datasette"


def program() -> Path | None:
    given = os.environ.get("BENCH_DATASETTE")
    found = Path(given) if given else ROOT / ".venv" / PROGRAM / "bin" / PROGRAM
    return found if found.exists() else None


@contextmanager
def datasette(file: Path, folder: Path) -> Iterator[Server | None]:
    """Datasette that serves this file on its own port; None if it is not installed."""
    found = program()
    if found is None:
        yield None
        return
    words = [
        *("sh", "-c", 'exec "$0" serve "$1" --port "$PORT" --setting sql_time_limit_ms 20000'),
        *(str(found), str(file)),
    ]
    with started(words, {}, folder, asks="/-/versions.json") as server:
        yield server
