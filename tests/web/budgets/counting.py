"""What one request asks of databases: statements, engines that are made, connections opened."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.pool import Pool

from portal.core.storage import between_pages
from portal.databases.engines import kept_file
from portal.directory.kept.memory import memory

SETTINGS = (
    *("BEGIN", "PRAGMA busy_timeout", "PRAGMA foreign_keys", "PRAGMA query_only"),
    *("PRAGMA database_list", "SET ", "ROLLBACK", "COMMIT"),
)


@dataclass
class Asked:
    """`statements` are the texts, in order; those that only set a connection up don't count.

    `engines` that were made and `connections` that were opened, by the place that they lead to.
    """

    statements: list[str] = field(default_factory=list)
    engines: Counter[str] = field(default_factory=Counter)
    connections: Counter[str] = field(default_factory=Counter)


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch, *, knows_schema: bool = False) -> Iterator[Asked]:
    """As if no page had asked before: what is kept between pages is forgotten first.

    `knows_schema`: but for what was read of a server's catalogue, which rarely changes.
    """
    between_pages.forget_all()
    memory.forget()
    if not knows_schema:
        kept_file.forget_all()
    asked, make = Asked(), Engine.__init__

    def statement(_connection: Any, _cursor: Any, text: str, *_more: Any) -> None:
        if not text.startswith(SETTINGS):
            asked.statements.append(" ".join(text.split()))

    def connected(connection: Any, _record: Any) -> None:
        asked.connections[_place_of(connection)] += 1

    def made(  # SQLAlchemy reads the names: what is not among them may not be asked for
        engine: Engine,
        pool: Any,
        dialect: Any,
        url: Any,
        hide_parameters: bool = False,
        **more: Any,
    ) -> None:
        told = (pool, dialect, url)
        more["hide_parameters"] = hide_parameters
        make(engine, *told, **more)
        asked.engines[Path(engine.url.database or "").name] += 1

    event.listen(Engine, "before_cursor_execute", statement)
    event.listen(Pool, "connect", connected)
    try:
        with monkeypatch.context() as patched:
            patched.setattr(Engine, "__init__", made)
            yield asked
    finally:
        event.remove(Engine, "before_cursor_execute", statement)
        event.remove(Pool, "connect", connected)


def _place_of(connection: Any) -> str:
    if info := getattr(connection, "info", None):
        return str(info.dbname)
    return Path(connection.execute("PRAGMA database_list").fetchone()[2]).name
