"""Builds the anonymised copy: development's revisions create its tables for production's rows.

No text of production's schema is ever in it: no view, trigger, index, default, comment or function
body. What production has and its revisions don't create is named, and not copied.
"""

import hashlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Protocol

from PIL import Image, ImageDraw
from sqlalchemy import inspect, select
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError

from portal.core.configuration.settings import settings
from portal.core.errors import Refused
from portal.core.files.private import write_whole
from portal.core.storage.database import db
from portal.core.storage.sqlite import SchemaAccess
from portal.databases.engines import engine_for
from portal.databases.engines.base import DatabaseEngine
from portal.databases.engines.transfer import transfer_for
from portal.databases.migrations.commands import upgrade
from portal.databases.sync.anonymise import CopiedTable, carry_over, learn, only_names
from portal.databases.sync.batches import OpenDatabase
from portal.databases.sync.columns.copied import (
    left_behind,
    require_references,
    tables_left,
    travelling_tables,
)
from portal.databases.sync.columns.rules import (
    Rules,
    is_rows_of_people,
    load_rules,
    present_columns,
    require_listed,
)
from portal.databases.sync.fakes import NO_PASSWORD, PICTURES, Fakes
from portal.databases.sync.leak_scan import scan
from portal.databases.sync.preconditions import SyncRevisions
from portal.databases.sync.source_values import SourceValues
from portal.databases.targets.control_rooms import sign, this_room
from portal.databases.targets.identity_label import portal_journal, stamp
from portal.databases.targets.registry import control_room
from portal.jobs.operations.progress import Progress


class StepProgress(Protocol):
    progress: Progress

    def step(self, title: str) -> AbstractContextManager[Progress]: ...


@dataclass(frozen=True)
class AnonymisedCopy:
    """`counts`: rows by table; `columns`: the treatment of each, or of a whole table;
    `left_behind`: objects by name.
    """

    url: URL
    counts: dict[str, int]
    columns: dict[str, dict[str, str]]
    left_behind: list[str]


def make_clean(
    fitting: SyncRevisions, *, key: bytes, folder: Path, steps: StepProgress
) -> AnonymisedCopy:
    """Raises Refused, and then the copy must not be used."""
    rules, url = load_rules(), transfer_for(fitting.target.url).empty(folder)
    engine = engine_for(url)
    with steps.step(f"Make the tables of revision {fitting.revision}, empty"):
        _migrate(engine, fitting, fitting.revision)
    with closing(SourceValues(folder)) as known:
        made = _fill(url, rules, known, fitting, key=key, folder=folder, steps=steps)
        with steps.step("Look for what must not be there") as progress:
            _scan(url, rules, known, progress)
        if fitting.revision != fitting.leads_to:
            with steps.step(f"Bring it to {fitting.target.name}'s revision {fitting.leads_to}"):
                _migrate(engine, fitting, fitting.leads_to)
            with steps.step("Try again") as progress:
                _scan(url, rules, known, progress, is_migrated=True)
    _label(engine, fitting)
    return made


def _fill(
    url: URL,
    rules: Rules,
    known: SourceValues,
    fitting: SyncRevisions,
    *,
    key: bytes,
    folder: Path,
    steps: StepProgress,
) -> AnonymisedCopy:
    with ExitStack() as stack:
        with steps.step("Copy production, which is only read"):
            source = stack.enter_context(_still(fitting.source.url, folder))
        present = present_columns(source.engine, source.connection)
        require_listed(present, rules, target=fitting.target.name)
        counts = _counts(source)
        total = sum(counts.values())
        pictures = tuple(f"/images/{name}" for name in make_pictures())
        shared = frozenset({NO_PASSWORD, *pictures})
        with steps.step("Read what production says of people") as progress:
            learn(source, present, rules, known, progress=progress, total=total, harmless=shared)
        fakes = Fakes(key, known.has_word, pictures)
        with steps.step("Copy its rows, anonymised") as progress:
            tables, behind = _load(source, url, present, rules, fakes=fakes, progress=progress)
    if behind:
        progress.say(f"Not made by its revisions, and left behind: {', '.join(behind)}.")
    taken = {each.words: counts[each.words] for each in tables}
    treated = {each.words: each.made_up for each in tables} | tables_left(present, rules)
    return AnonymisedCopy(url, taken, treated, behind)


@contextmanager
def _still(url: URL, folder: Path) -> Iterator[OpenDatabase]:
    transfer = transfer_for(url)
    with transfer.still(folder) as connection:
        yield OpenDatabase(engine_for(url), transfer, connection)


def _load(
    source: OpenDatabase,
    url: URL,
    present: dict[str, list[str]],
    rules: Rules,
    *,
    fakes: Fakes,
    progress: Progress,
) -> tuple[list[CopiedTable], list[str]]:
    """What was copied, and the names of what was not."""
    counts = _counts(source)
    with engine_for(url).changing(SchemaAccess.SYNC) as connection:
        into = OpenDatabase(engine_for(url), transfer_for(url), connection)
        names = list(_counts(into))
        tables, behind = (
            travelling_tables(connection, names, present, rules),
            left_behind(source, into),
        )
        with only_names("one of its tables"), into.transfer.loading(connection, names):
            carry_over(source, into, tables, fakes, progress=progress, total=sum(counts.values()))
            _require_same_counts(_counts(into), counts, tables)
            require_references(connection, tables)
    return tables, behind


def _counts(side: OpenDatabase) -> dict[str, int]:
    """Rows by table, without the guard's own and Alembic's."""
    found = side.engine.count_rows(side.connection)
    return {name: rows for name, rows in found.items() if is_rows_of_people(name)}


def _scan(
    url: URL, rules: Rules, known: SourceValues, progress: Progress, *, is_migrated: bool = False
) -> None:
    engine = engine_for(url)
    with engine.reading() as connection:
        engine.read_any_text(connection)
        copy = OpenDatabase(engine, transfer_for(url), connection)
        looked = scan(copy, rules, known, progress=progress, is_migrated=is_migrated)
    progress.say(f"{looked} values looked at; none is production's.")


def _require_same_counts(
    found: dict[str, int], counts: dict[str, int], tables: list[CopiedTable]
) -> None:
    if differing := [each.words for each in tables if found[each.words] != counts[each.words]]:
        raise Refused(
            f"The anonymised copy has other numbers of rows in {', '.join(differing)}.",
            remedy="Look at what these tables do with rows that conflict.",
        )


def _migrate(engine: DatabaseEngine, fitting: SyncRevisions, to: str) -> None:
    """Raises Refused, without the database's message about a row."""
    try:
        with engine.changing(SchemaAccess.SYNC) as connection:
            upgrade(connection, to, target=fitting.target, rehearsal=True)
    except SQLAlchemyError as error:
        raise Refused(
            f"The revisions up to {to} can't be run on the copy: {type(error).__name__}.",
            remedy="Run them on an empty database to see why.",
        ) from error


def _label(engine: DatabaseEngine, fitting: SyncRevisions) -> None:
    """Development's own identity and journal, so that its identity stays the same."""
    journal, room_key, room = _journal_of(fitting), control_room().identity_key, this_room()
    db.session.commit()
    with engine.changing(SchemaAccess.SYNC) as connection:
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


def _journal_of(fitting: SyncRevisions) -> list[dict[str, str]]:
    with engine_for(fitting.target.url).reading() as connection:
        if not inspect(connection).has_table(portal_journal.name):
            return []
        rows = connection.execute(select(portal_journal)).mappings()
        return [dict(row) for row in rows]


SIZE = (960, 640)
COLOURS = ("#5b6770", "#6b5f7a", "#4f6f6a", "#7a6a4f", "#5f6f8a", "#7a5560", "#55704f", "#6a6a6a")


def make_pictures() -> tuple[str, ...]:
    """Their file names; existing files are left alone."""
    folder = settings().data / "images"
    return tuple(_kept(folder, picture(number)) for number in range(PICTURES))


@cache
def picture(number: int) -> bytes:
    """A WebP image: rings of a loudspeaker on a plain ground."""
    image = Image.new("RGB", SIZE, COLOURS[number])
    draw, (x, y) = ImageDraw.Draw(image), (SIZE[0] // 2, SIZE[1] // 2)
    for radius in range(60, 260, 24 + number * 4):
        box = (x - radius, y - radius, x + radius, y + radius)
        draw.ellipse(box, outline="#e8e6e1", width=4)
    encoded = BytesIO()
    image.save(encoded, "WEBP", quality=70, method=2)
    return encoded.getvalue()


def _kept(folder: Path, content: bytes) -> str:
    name = f"{hashlib.sha256(content).hexdigest()[:32]}.webp"
    if not (folder / name).exists():
        write_whole(folder / name, content, durably=False)
    return name
