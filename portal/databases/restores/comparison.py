"""What a restore would remove: rows by table now and in the backup, and the newest of the new rows.

Columns named `created_at` and `updated_at` say what was written since; of a table without them only
the counts are known. Values of rows are never shown: they are personal data.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, TableClause, func, select, table
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql import column

from portal.core.clock import now
from portal.core.storage.database import JsonDict, UtcDateTime, db
from portal.databases.backups.models import Backup
from portal.databases.engines import engine_for
from portal.databases.engines.base import TableShape
from portal.databases.engines.derived import is_derived
from portal.databases.targets.config import Target
from portal.databases.targets.identity import require_fit
from portal.jobs.operations.progress import Progress

CREATED, UPDATED = "created_at", "updated_at"
NEWEST = 3
ALONE = ("ONLY", "postgresql")
"""A hint for queries: without the rows of tables that inherit from it, which are counted there."""
OWN = "portal_"


@dataclass(frozen=True)
class TableLoss:
    """One table. `created` and `updated` count rows since the backup; None if no column says it.

    `newest` has the keys and times (ISO, UTC) of the newest rows that would be lost.
    """

    table: str
    now: int
    then: int
    created: int | None
    updated: int | None
    newest: list[JsonDict]

    @property
    def loses(self) -> bool:
        return self.now != self.then or bool(self.created or self.updated)


def compare(target: Target, backup: Backup, *, progress: Progress | None = None) -> list[TableLoss]:
    """Every table of the live database or of the backup, in one reading transaction.

    Raises Refused for a database that isn't the target.
    """
    require_fit(target)
    engine, then, since = engine_for(target.url), _shown(backup.counts), backup.taken_at
    db.session.commit()  # ops is not locked while rows are counted
    found = []
    with engine.reading() as connection:
        if why := engine.unreadable(connection):
            raise why
        names = sorted({*_shown(dict.fromkeys(engine.tables(connection), 0)), *then})
        present = set(engine.tables(connection))
        for done, name in enumerate(names, 1):
            if progress:
                progress.advance(done, len(names), name)
            shape = engine.shape_of(connection, name) if name in present else None
            loss = _look(connection, shape, since) if shape else _Now()
            found.append(TableLoss(name, loss.rows, then.get(name, 0), *loss.since))
    return found


def as_result(losses: list[TableLoss], backup: Backup) -> JsonDict:
    """The comparison as an operation's result, which pages show."""
    lost = [each for each in losses if each.loses]
    sentence = (
        f"{len(lost)} of {len(losses)} tables hold something else than {backup.name}."
        if lost
        else f"Nothing was written since {backup.name}, as far as numbers and times tell."
    )
    return {
        "sentence": sentence,
        "backup": backup.name,
        "compared_at": now().isoformat(),
        "tables": [asdict(each) for each in lost],
        "same": len(losses) - len(lost),
    }


@dataclass(frozen=True)
class _Now:
    rows: int = 0
    created: int | None = None
    updated: int | None = None
    newest: tuple[JsonDict, ...] = ()

    @property
    def since(self) -> tuple[int | None, int | None, list[JsonDict]]:
        return self.created, self.updated, list(self.newest)


def _shown(counts: dict[str, int]) -> dict[str, int]:
    """Without the guard's own tables, Alembic's, and derived ones."""
    return {
        name: count
        for name, count in counts.items()
        if not name.startswith(OWN) and name != "alembic_version" and not is_derived(name)
    }


def _look(connection: Connection, shape: TableShape, since: datetime) -> _Now:
    rows = table(shape.name, *(column(each) for each in shape.columns), schema=shape.schema)
    total = _count(connection, rows)
    if CREATED not in shape.times:
        return _Now(total)
    is_new = _time(CREATED) > since
    created = _count(connection, rows, is_new)
    updated = None
    if UPDATED in shape.times:
        updated = _count(connection, rows, _time(UPDATED) > since, _time(CREATED) <= since)
    return _Now(
        total, created, updated, _newest(connection, rows, shape.keys, is_new) if created else ()
    )


def _count(connection: Connection, rows: TableClause, *where: ColumnElement[bool]) -> int:
    query = select(func.count()).select_from(rows).where(*where).with_hint(rows, *ALONE)
    return connection.scalar(query) or 0


def _newest(
    connection: Connection, rows: TableClause, keys: list[str], is_new: ColumnElement[bool]
) -> tuple[JsonDict, ...]:
    query = (
        select(_time(CREATED), *(rows.c[key] for key in keys))
        .select_from(rows)
        .where(is_new)
        .with_hint(rows, *ALONE)
        .order_by(_time(CREATED).desc())
        .limit(NEWEST)
    )
    try:
        found = connection.execute(query).all()
    except (DBAPIError, ValueError):  # a time that an older program wrote in another format
        return ()
    return tuple({"key": _key(row[1:]), "at": row[0].isoformat()} for row in found if row[0])


def _key(values: Any) -> str:
    return ", ".join(str(value) for value in values)


def _time(name: str) -> ColumnElement[datetime]:
    return column(name, UtcDateTime)
