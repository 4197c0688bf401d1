"""SQLite: whether the file can be opened and written here, and whether it is intact."""

import os
from collections.abc import Iterator
from typing import cast

from sqlalchemy.exc import DatabaseError

from portal.databases.engines.base import first_line
from portal.databases.engines.sqlite.engine import SqliteEngine
from portal.databases.preflight.findings import ALL, NAMED_AT_MOST, Found, Stops, Subject, counted


def reach(subject: Subject) -> Iterator[Found]:
    engine = subject.engine
    if not engine.exists():
        subject.reached = False
        yield Found(
            f"There is no database at {engine.address}.",
            f"Check {subject.target.variable}, or put a backup there: flask databases restore"
            f" {subject.name} BACKUP",
            ALL,
        )
        return
    try:
        with engine.reading() as connection:
            connection.exec_driver_sql("SELECT count(*) FROM sqlite_master")
    except DatabaseError as error:
        subject.reached = False
        yield Found(
            f"What is at {engine.address} can't be read as a database: {first_line(error)}",
            f"Check {subject.target.variable}, and the rights of the file.",
            ALL,
        )


def file(subject: Subject) -> Iterator[Found]:
    """Rights of the file, and of its folder, where the write-ahead log and the leases are made."""
    place = cast(SqliteEngine, subject.engine).file
    for path, mode, needed in ((place, os.R_OK | os.W_OK, "rw"), (place.parent, os.W_OK, "rwx")):
        if path.exists() and not os.access(path, mode):
            yield Found(
                f"This user may not write {path}, so nothing can be changed or restored there.",
                f"chmod u+{needed} {path}, or chown it to the worker's user",
                (Stops.RESTORE, Stops.CHANGE),
            )


def integrity(subject: Subject) -> Iterator[Found]:
    """What SQLite itself says of pages, indexes, NOT NULL and CHECK: a copy with it is refused."""
    try:
        with subject.reading() as connection:
            rows = connection.exec_driver_sql(f"PRAGMA integrity_check({NAMED_AT_MOST})").scalars()
            wrong = [str(each) for each in rows if each != "ok"]
    except DatabaseError as error:
        wrong = [first_line(error)]
    if wrong:
        yield Found(
            f"The file has {counted(len(wrong), 'fault')}, and no copy with a fault is accepted.",
            "Correct the rows that it names (NULL value, CHECK constraint); REINDEX; for a"
            " missing index entry; else restore a backup.",
            ALL,
            tuple(wrong),
            len(wrong),
            in_check=not subject.is_ops,  # which looks at that file itself
        )
