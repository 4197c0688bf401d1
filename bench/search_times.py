"""Times of each kind of search in this process: run by `bench.bench_search`, prints JSON.

    python -m bench.search_times STUDIOS

The directory of the environment was set up for the demo; if it has fewer studios than requested,
they are copied first, with their index. Times are processor milliseconds, including the database
server's session as Linux counts them; the rest of a page except its cards is not included. `disk`
are the megabytes that this process read from disk meanwhile: a page of SQLite's file that is not
in memory costs the processor as well.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
from sqlalchemy import Connection, create_engine, func, select, text
from werkzeug.datastructures import MultiDict

from bench.copied_index import copy_index
from bench.kept_figures import main as fill_kept
from bench.many_listed import fill_many_listed, stride_of
from portal.app import create_app
from portal.core.gc_startup import without_gc_during_import
from portal.core.storage.database import db
from portal.databases.targets.config import target_named
from portal.directory.models import StudioProfile
from portal.directory.search.find import find_studios
from portal.directory.search.search_query import read_wish

TIMES, NANO = 40, 1_000_000_000
WORDS = ("voice", "recording", "podcast", "booth", "quiet", "audio", "clean", "room", "session")
CITIES = ("London", "New York", "Los Angeles", "Toronto", "Sydney", "Dublin", "Chicago", "Leeds")
TYPES, SERVICES = ("home", "recording", "podcast"), ("Zoom", "ISDN", "Cleanfeed", "Skype")
STARTS = ("ba", "re", "mi", "st", "po")
WRONG = ("nemuann", "recrodingg", "micorphone", "sounnd", "studoi booht", "qiuet", "tornoto")


def kinds(at: int) -> dict[str, dict[str, str | list[str]]]:
    """A different search each time."""
    word, city = WORDS[at % len(WORDS)], CITIES[at % len(CITIES)]
    service, kind = SERVICES[at % len(SERVICES)], TYPES[at % len(TYPES)]
    return {
        "a common word": {"q": word},
        "near a big city": {"near": city},
        "its last page": {"near": city, "after": "last"},
        "three filters": {"type": [kind], "service": [service], "country": "GB", "q": word},
        "the last page": {"q": word, "after": "last"},
        "two letters of a word": {"q": STARTS[at % len(STARTS)]},
        "a typing error": {"q": f"{WRONG[at % len(WRONG)]} {word}"},
        "an empty result": {"q": f"{word} harpsichordist{at}", "exact": "1"},
    }


def main() -> None:
    studios = int(sys.argv[1])
    with without_gc_during_import():  # as wsgi.py loads it
        app = create_app()
    with app.app_context():
        url = target_named("development").url
        grow(url, studios)
        db.session.remove()
        found = {}
        for kind in kinds(0):
            found[kind] = times(kind)
        print(json.dumps(found))


def grow(url: object, studios: int) -> None:
    engine = create_engine(url)  # type: ignore[call-overload]
    with engine.connect() as connection:
        existing = connection.scalar(select(func.count(StudioProfile.id))) or 0
        if existing >= studios:
            return
        fill_kept()
        stride = stride_of(connection)
        for _ in fill_many_listed(connection, studios=studios):
            pass
        for _ in copy_index(connection, stride=stride, copies=-(-studios // existing)):
            pass
        connection.commit()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    engine.dispose()


def processor(connection: Connection, own: Callable[[], float]) -> Callable[[], float]:
    """Processor seconds of this process, or thread, and of the server's session."""
    if connection.dialect.name == "sqlite":
        return own
    pid = connection.scalar(text("SELECT pg_backend_pid()"))
    told = Path(f"/proc/{pid}/schedstat")

    def both() -> float:
        return own() + int(told.read_text().split()[0]) / NANO

    return both


def times(kind: str) -> dict[str, float]:
    """The 95th percentile and the mean, the first search left out, and what was read from disk."""
    taken, clock = list[float](), processor(db.session.connection(), time.process_time)
    find_studios(read_wish(MultiDict(kinds(0)[kind]).getlist))
    process = psutil.Process()
    before = process.io_counters().read_bytes
    for at in range(TIMES):
        wish = read_wish(MultiDict(kinds(at)[kind]).getlist)
        began = clock()
        find_studios(wish)
        taken.append((clock() - began) * 1000)
    disk = (process.io_counters().read_bytes - before) / 1_000_000
    p95 = statistics.quantiles(taken, n=20)[-1]
    return {"p95": p95, "mean": statistics.mean(taken), "disk": disk}


if __name__ == "__main__":
    main()
