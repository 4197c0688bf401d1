"""How SQLite finds the rows of what pages ask: EXPLAIN QUERY PLAN tells of whole tables."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, event

WHOLE = re.compile(r"SCAN (\w+)(?: USING (?:COVERING )?INDEX (\w+))?")
SORTS = "USE TEMP B-TREE FOR ORDER BY"


@dataclass
class Plans:
    """By table the statements that read all of it. Each statement is looked at once."""

    scans: dict[str, set[str]] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)

    def look(self, connection: Any, text: str, given: Any) -> None:
        if text in self.seen or not text.lstrip().upper().startswith(("SELECT", "WITH")):
            return
        self.seen.add(text)
        ask = connection.connection.driver_connection.execute
        tables = {name for (name,) in ask("SELECT name FROM sqlite_master WHERE type = 'table'")}
        steps = [row[3] for row in ask(f"EXPLAIN QUERY PLAN {text}", given)]
        partial = {name for (name,) in ask(PARTIAL)}
        if is_first_rows(text, steps):
            return
        for found in filter(None, map(WHOLE.match, steps)):
            if found[1] in tables and found[2] not in partial:
                self.scans.setdefault(found[1], set()).add(f"{found[0]}: {' '.join(text.split())}")


PARTIAL = "SELECT name FROM sqlite_master WHERE type = 'index' AND sql LIKE '% WHERE %'"
"""An index of some rows: whoever reads all of it reads only those."""


def is_first_rows(text: str, steps: list[str]) -> bool:
    """The first rows in an order that needs no sort: reading ends with the last of them."""
    return "ORDER BY" in text and "LIMIT" in text and SORTS not in steps and "GROUP BY" not in text


@contextmanager
def explained() -> Iterator[Plans]:
    plans = Plans()

    def statement(connection: Any, _cursor: Any, text: str, given: Any, *_more: Any) -> None:
        if connection.dialect.name == "sqlite":
            plans.look(connection, text, given)

    event.listen(Engine, "before_cursor_execute", statement)
    try:
        yield plans
    finally:
        event.remove(Engine, "before_cursor_execute", statement)
