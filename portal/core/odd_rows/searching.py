"""Searches the control room's database and the served directory; notes what was found."""

from collections.abc import Iterable
from typing import Any, cast

from sqlalchemy import Engine, Table
from sqlalchemy.orm import DeclarativeBase, Mapper

from portal.core.configuration.settings import settings
from portal.core.odd_rows.known import known_odd, note_odd
from portal.core.odd_rows.scan import OddRow, odd_rows, still_odd
from portal.core.storage.database import DirectoryModel, OpsModel, db

OPS_ROWS, DIRECTORY_ROWS = "ops", "directory"
_BASES: dict[str, type[DeclarativeBase]] = {OPS_ROWS: OpsModel, DIRECTORY_ROWS: DirectoryModel}


def search(what: str) -> list[OddRow]:
    """Read the newest rows of every table. Raises the database's own errors, or OSError."""
    mappers = list(_BASES[what].registry.mappers)
    found = odd_rows(_engine(what), mappers)
    note_odd(settings().data, found, of=_tables(mappers))
    return found


def look_again() -> None:
    """Forget rows that were fixed or are gone. Raises the same errors."""
    known = known_odd(settings().data)
    for what, base in _BASES.items():
        mappers = list(base.registry.mappers)
        tables = _tables(mappers)
        if some := [each for each in known if each.table in tables]:
            note_odd(settings().data, still_odd(_engine(what), mappers, some), of=tables)


def _engine(what: str) -> Engine:
    return db.engines["ops"] if what == OPS_ROWS else db.engine


def _tables(mappers: Iterable[Mapper[Any]]) -> set[str]:
    return {cast(Table, each.local_table).name for each in mappers}
