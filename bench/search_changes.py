"""What the search's index costs a change of one studio, at any size: run by itself, prints a line
for each kind of change.

    PORTAL_DATA=FOLDER python -m bench.search_changes [ROUNDS]

The directory was filled as for `bench.bench_search`. Times are processor milliseconds of the index
alone, with those of PostgreSQL's server: median, least and most. Nothing is left of the changes.
"""

import statistics
import sys
import time
from contextlib import suppress
from typing import Any

from sqlalchemy import Connection, func, select, text

from bench.search_times import processor
from portal.app import create_app
from portal.databases.engines import engine_for
from portal.databases.targets.config import target_named
from portal.directory.index.writing import SEARCH
from portal.directory.models import StudioProfile

FIRST, STEP = 30, 7
CHANGES = {
    "another name": "name = name || ' Quixotic'",
    "verified or not": "is_verified = NOT is_verified",
    "gone": "is_profile_visible = false",
    "new": "is_profile_visible = true",
}


class Undo(Exception):
    pass


def main() -> None:
    rounds = int(sys.argv[1]) if sys.argv[1:] else 14
    with create_app().app_context():
        engine = engine_for(target_named("development").url)
        found: dict[str, list[float]] = {each: [] for each in CHANGES}
        for at in range(rounds):
            with suppress(Undo), engine.changing() as connection:
                studio = some_studio(connection, FIRST + STEP * at)
                for each in ("another name", "verified or not", "gone", "new"):
                    found[each].append(taken(connection, studio, each))
                raise Undo
    for each, times in found.items():
        print(f"{each:<20}{statistics.median(times):>8.1f}{min(times):>8.1f}{max(times):>8.1f}")


def some_studio(connection: Connection, number: int) -> int:
    table = StudioProfile
    is_listed = (table.is_profile_visible, table.id >= number)
    return int(connection.scalar(select(func.min(table.id)).where(*is_listed)) or 0)


def taken(connection: Connection, studio: int, what: str) -> float:
    """Milliseconds of what a change of the studio makes of the index."""

    def among(column: Any) -> Any:
        return column.in_([studio])

    clock = processor(connection, time.thread_time)
    began = clock()
    before = SEARCH.take_out(connection, among)
    half = clock() - began
    connection.execute(
        text(f"UPDATE studio_profiles SET {CHANGES[what]} WHERE id = :id"), {"id": studio}
    )
    began = clock()
    SEARCH.change(connection, among, before)
    return (half + clock() - began) * 1000


if __name__ == "__main__":
    main()
