"""Rows known to be odd: in a file that all processes of this machine share, left out of pages."""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any, cast

from sqlalchemy import Table, event, not_, tuple_
from sqlalchemy.orm import Mapper, ORMExecuteState, Session, with_loader_criteria

from portal.core.configuration.settings import settings, state_of_app
from portal.core.files.private import write_whole
from portal.core.odd_rows.scan import OddRow
from portal.core.page import current_page
from portal.core.storage.between_pages import forget_all
from portal.core.storage.database import DirectoryModel, OpsModel

FILE = "odd-rows.json"
NAMED = 500
"""Rows in the file, at most: with more, a table is not the product’s any more."""


@dataclass
class KnownRows:
    """The rows, and the state of the file that they were read from."""

    state: tuple[int, int] | None = None
    rows: tuple[OddRow, ...] = ()
    lock: Lock = field(default_factory=Lock)


def known_odd(data: Path) -> tuple[OddRow, ...]:
    """Read again when the file has changed."""
    file, known = data / FILE, state_of_app(KnownRows)
    try:
        facts = file.stat()
    except OSError:
        state = None
    else:
        state = facts.st_mtime_ns, facts.st_ino
    with known.lock:
        if state != known.state:
            known.state, known.rows = state, _in(file) if state else ()
            forget_all()
        return known.rows


def note_odd(data: Path, found: Iterable[OddRow], *, of: Iterable[str]) -> None:
    """Replace what is known of the tables in `of`. Raises OSError."""
    tables = set(of)
    kept = [each for each in known_odd(data) if each.table not in tables]
    rows = [*kept, *found][:NAMED]
    if tuple(rows) == known_odd(data):
        return
    text = json.dumps([[each.table, list(each.key), each.why] for each in rows])
    write_whole(data / FILE, text.encode("utf-8"), durably=False)


def _in(file: Path) -> tuple[OddRow, ...]:
    try:
        rows = json.loads(file.read_text(encoding="utf-8"))
        return tuple(OddRow(str(table), tuple(key), str(why)) for table, key, why in rows)
    except (OSError, ValueError, TypeError):
        return ()


@event.listens_for(Session, "do_orm_execute")
def _leave_out(state: ORMExecuteState) -> None:
    """While a page is made. Nothing that decides has a page, so it reads every row."""
    page = current_page()
    if page is None or not state.is_select or state.is_column_load or state.is_relationship_load:
        return
    if _of_page not in page.answers:
        page.answers[_of_page] = _of_page()
    for options in page.answers[_of_page]:
        state.statement = state.statement.options(options)


def _of_page() -> list[Any]:
    keys: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for each in known_odd(settings().data):
        keys[each.table].append(each.key)
    mappers = mappers_by_table() if keys else {}
    return [_criteria(mappers[name], of) for name, of in keys.items() if name in mappers]


def _criteria(mapper: Mapper[Any], keys: list[tuple[Any, ...]]) -> Any:
    columns = cast(Table, mapper.local_table).primary_key
    return with_loader_criteria(mapper.class_, not_(tuple_(*columns).in_(keys)))


def mappers_by_table() -> dict[str, Mapper[Any]]:
    both = (OpsModel, DirectoryModel)
    return {
        cast(Table, each.local_table).name: each for base in both for each in base.registry.mappers
    }
