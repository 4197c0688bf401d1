"""Making the clean copy out of a raw one: clean, compare, migrate, label, scan."""

from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, inspect, select
from sqlalchemy.engine import URL

from portal.core.database import db
from portal.core.errors import Refused
from portal.core.sqlite import Door
from portal.databases.engines import engine_for
from portal.databases.engines.base import DatabaseEngine
from portal.databases.engines.copies import Content
from portal.databases.labels import portal_journal, stamp
from portal.databases.registry import control_room
from portal.databases.rooms import sign, this_room
from portal.databases.sync.cleaning import clean, dirty_tables, learn
from portal.databases.sync.columns import OWN, Rules, present_columns, require_listed
from portal.databases.sync.fakes import NO_PASSWORD, Fakes
from portal.databases.sync.fitting import Fitting
from portal.databases.sync.known import Known
from portal.databases.sync.pictures import make_pictures
from portal.databases.sync.scan import scan
from portal.databases.upgrading import upgrade
from portal.jobs.progress import Progress


class Stepping(Protocol):
    def step(self, title: str) -> AbstractContextManager[Progress]: ...


def make_clean(
    url: URL,
    fitting: Fitting,
    rules: Rules,
    taken: Content,
    *,
    key: bytes,
    folder: Path,
    steps: Stepping,
) -> dict[str, dict[str, str]]:
    """Turn the raw copy at `url` into development's; returns what became of which column.

    Raises Refused, and then the copy is worth nothing.
    """
    engine = engine_for(url)
    with closing(Known(folder)) as known:
        columns = _clean(engine, rules, taken, fitting, known=known, key=key, steps=steps)
        with steps.step("Look for what must not be there") as progress:
            _scan(engine, rules, known, progress)
        if fitting.revision != fitting.leads_to:
            with steps.step(f"Bring it to {fitting.target.name}'s revision {fitting.leads_to}"):
                _migrate(engine, fitting)
            with steps.step("Look again") as progress:
                _scan(engine, rules, known, progress, is_migrated=True)
    _label(engine, fitting)
    return columns


def _scan(
    engine: DatabaseEngine,
    rules: Rules,
    known: Known,
    progress: Progress,
    *,
    is_migrated: bool = False,
) -> None:
    with engine.reading() as connection:
        engine.read_any_text(connection)
        looked = scan(engine, connection, rules, known, progress, is_migrated=is_migrated)
    progress.say(f"{looked} values looked at; none is production's.")


def _clean(
    engine: DatabaseEngine,
    rules: Rules,
    taken: Content,
    fitting: Fitting,
    *,
    known: Known,
    key: bytes,
    steps: Stepping,
) -> dict[str, dict[str, str]]:
    with engine.changing(Door.SYNC) as connection:
        engine.read_any_text(connection)
        present = present_columns(engine, connection)
        require_listed(present, rules, target=fitting.target.name)
        tables = dirty_tables(connection, present, rules)
        total = sum(taken.counts.get(each.words, 0) for each in tables)
        pictures = tuple(f"/images/{name}" for name in make_pictures())
        shared = frozenset({NO_PASSWORD, *pictures})
        with steps.step("Read what production says of people") as progress:
            learn(connection, tables, known, progress, total=total, harmless=shared)
        fakes = Fakes(key, known.has_word, pictures)
        with steps.step("Replace it in the copy") as progress:
            clean(connection, tables, fakes, progress, total=total)
        _drop_own(engine, connection)
        _require_same_counts(engine, connection, taken, list(present))
    return {
        each.words: {column: str(rule) for column, rule in each.rules.items()} for each in tables
    }


def _require_same_counts(
    engine: DatabaseEngine, connection: Connection, taken: Content, tables: list[str]
) -> None:
    counts = engine.count_rows(connection)
    if differing := [name for name in tables if counts.get(name) != taken.counts.get(name)]:
        raise Refused(
            f"The cleaned copy has other numbers of rows in {', '.join(differing)}.",
            way_out="Look for a trigger on these tables.",
        )


def _drop_own(engine: DatabaseEngine, connection: Connection) -> None:
    """Who production is, and its journal, never travel."""
    quote = connection.dialect.identifier_preparer.quote_identifier
    for name in engine.tables(connection):
        if name.startswith(OWN):
            connection.exec_driver_sql(f"DROP TABLE {quote(name)}")


def _migrate(engine: DatabaseEngine, fitting: Fitting) -> None:
    with engine.changing(Door.SYNC) as connection:
        upgrade(connection, fitting.leads_to, target=fitting.target, rehearsal=True)


def _label(engine: DatabaseEngine, fitting: Fitting) -> None:
    """Development's own identity and journal, so that it stays who it is."""
    journal, room_key, room = _journal_of(fitting), control_room().identity_key, this_room()
    db.session.commit()
    with engine.changing(Door.SYNC) as connection:
        label = stamp(
            connection,
            application=fitting.target.application,
            environment=fitting.target.environment,
            key=room_key,
            database_uuid=fitting.target_uuid,
        )
        sign(connection, label, room)
        if journal:
            connection.execute(portal_journal.insert(), journal)
        engine.protect(connection)


def _journal_of(fitting: Fitting) -> list[dict[str, str]]:
    with engine_for(fitting.target.url).reading() as connection:
        if not inspect(connection).has_table(portal_journal.name):
            return []
        rows = connection.execute(select(portal_journal)).mappings()
        return [dict(row) for row in rows]
