"""After an error about a table or a column that is missing: what the database lacks, if anything.

The error alone does not tell: a set-up may be due, a hand may have dropped something, or a
statement of this code names what there never was.
"""

import re
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import MetaData, text

from portal.core.configuration.settings import Environment
from portal.core.faults.asking import opened, server_of
from portal.core.faults.places import Place
from portal.core.storage.database import DirectoryModel, OpsModel

Column = tuple[str, str]
VERSION: Column = ("alembic_version", "version_num")
_REVISIONS = "SELECT version_num FROM alembic_version"
_OF_FILE = (
    "SELECT m.name, c.name FROM sqlite_master AS m, pragma_table_xinfo(m.name) AS c"
    " WHERE m.type IN ('table', 'view') AND m.name = ?"
)
_OF_SERVER = text(
    "SELECT c.relname, a.attname FROM pg_catalog.pg_class AS c"
    " JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid"
    " WHERE a.attnum > 0 AND NOT a.attisdropped AND pg_catalog.pg_table_is_visible(c.oid)"
    " AND c.relname = ANY (:names)"
)
NeedsSetUp = Callable[[str, str], str | bool]


def _never(_key: str, _revision: str) -> bool:
    return False


_needs_set_up: NeedsSetUp = _never


def judge_revisions_by(needs_set_up: NeedsSetUp) -> None:
    """Whether a database (its key) needs a set-up at a revision, or the sentence that says so.
    The revision is empty where there is none."""
    global _needs_set_up  # noqa: PLW0603 — one process, one release
    _needs_set_up = needs_set_up


@dataclass(frozen=True)
class Lack:
    """`set_up`: it is due, or the sentence that says so; otherwise `things` are missing."""

    things: str
    revision: str
    set_up: str | bool


def lack_behind(place: Place, said: str) -> Lack | None:
    """What the error that `said` so is about; None if the database lacks nothing of that name.

    Raises the error of a database that can't be asked. Of another application's database nothing
    is known but its revision.
    """
    expected = {(table.name, column.name) for table in _model(place).tables.values()
                for column in table.columns}  # fmt: skip
    found, revision = _ask(place, sorted({table for table, _ in expected} | {VERSION[0]}))
    names = _named(expected - found, {table for table, _ in found}, said)
    if not names and revision:
        return None
    return Lack(" and ".join(names), revision, _needs_set_up(place.key, revision))


def _model(place: Place) -> MetaData:
    if place.is_ops:
        return OpsModel.metadata
    return DirectoryModel.metadata if place.key in set(Environment) else MetaData()


def _named(missing: set[Column], tables: set[str], said: str) -> list[str]:
    """The missing things that the error names."""
    words = set(re.findall(r"\w+", said))
    gone = {table for table, _ in missing if table not in tables and table in words}
    columns = {f"column {table}.{name}" for table, name in missing
               if table in tables and name in words}  # fmt: skip
    return sorted(f"table {each}" for each in gone) + sorted(columns)


def _ask(place: Place, names: list[str]) -> tuple[set[Column], str]:
    return _of_file(place.file, names) if place.file else _of_server(place, names)


def _of_file(file: Path, names: list[str]) -> tuple[set[Column], str]:
    with closing(opened(file)) as connection:
        found = {(table, column) for name in names
                 for table, column in connection.execute(_OF_FILE, (name,))}  # fmt: skip
        rows = connection.execute(_REVISIONS).fetchall() if VERSION in found else []
    return found, _joined(row[0] for row in rows)


def _of_server(place: Place, names: list[str]) -> tuple[set[Column], str]:
    with server_of(place).connect() as connection:
        found = {(each[0], each[1]) for each in connection.execute(_OF_SERVER, {"names": names})}
        rows = connection.execute(text(_REVISIONS)).scalars().all() if VERSION in found else []
    return found, _joined(rows)


def _joined(revisions: Iterable[object]) -> str:
    return ", ".join(sorted(map(str, revisions)))
