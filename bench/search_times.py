"""Times of each kind of search in this process: run by `bench.bench_search`, prints JSON.

    python -m bench.search_times STUDIOS

The directory of the environment was set up for the demo; if it has fewer studios than requested,
they are copied first, with their index. Times are processor milliseconds, including the database
server's; the rest of a page except its cards is not included.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable

import psutil
from sqlalchemy import create_engine, func, select, text
from werkzeug.datastructures import MultiDict

from bench.copied_index import copy_index
from bench.kept_figures import main as fill_kept
from bench.many_listed import fill_many_listed, stride_of
from portal.app import create_app
from portal.core.storage.database import db
from portal.databases.targets.config import target_named
from portal.directory.models import StudioProfile
from portal.directory.search.find import find_studios
from portal.directory.search.search_query import read_wish

TIMES = 40
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
    studios, app = int(sys.argv[1]), create_app()
    with app.app_context():
        url = target_named("development").url
        grow(url, studios)
        db.session.remove()
        found, clock = {}, processor(url)
        for kind in kinds(0):
            found[kind] = times(kind, clock)
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


def processor(url: object) -> Callable[[], float]:
    if "postgresql" not in str(url):
        return time.process_time
    pid = db.session.connection().scalar(text("SELECT pg_backend_pid()"))
    server = psutil.Process(pid)

    def both() -> float:
        taken = server.cpu_times()
        return time.process_time() + taken.user + taken.system

    return both


def times(kind: str, clock: Callable[[], float]) -> dict[str, float]:
    """The 95th percentile of this process, and the mean including the server's time."""
    own = []
    find_studios(read_wish(MultiDict(kinds(0)[kind]).getlist))
    whole = clock()
    for at in range(TIMES):
        wish = read_wish(MultiDict(kinds(at)[kind]).getlist)
        began = time.process_time()
        find_studios(wish)
        own.append((time.process_time() - began) * 1000)
    mean = (clock() - whole) / TIMES * 1000
    server = max(0.0, mean - statistics.mean(own))
    p95 = statistics.quantiles(own, n=20)[-1]
    return {"p95": p95 + server, "mean": mean}


if __name__ == "__main__":
    main()
