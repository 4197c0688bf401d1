"""Query results from the ops database, cached in a process until something is committed to it.

A page reads the version before its first transaction begins (`Page.version`), so that what it then
reads is at least as new. Cached results are fully loaded and detached from the session: plain
values, and rows with every column and relation loaded that were not in the session before. Other
results are not cached.

Where each table has a version of its own (a server), a result holds as long as the tables that its
statements name have the same one. The engine sees them, so no query says what it reads.

Only pages use it. The logged-in account, and everything that a change depends on, is never read
this way: a request that may change something has no page.
"""

import re
from collections.abc import Callable, Collection, Hashable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, time, timedelta
from enum import Enum
from functools import lru_cache, wraps
from inspect import unwrap
from typing import Any, ParamSpec, TypeVar

from sqlalchemy import Engine, event, inspect
from sqlalchemy.orm import InstanceState, object_session

from portal.core.page import current_page
from portal.core.storage.database import OpsModel, db
from portal.core.storage.ops_version import TableVersions

Given = ParamSpec("Given")
Answer = TypeVar("Answer")

QUESTIONS = 64
PLAIN = (type(None), bool, int, float, str, bytes, date, time, timedelta, Enum)


@dataclass(frozen=True, slots=True)
class _Kept:
    """A result, the tables that were read for it, and their version: None if it is unknown."""

    answer: Any
    tables: frozenset[str]
    version: Hashable | None


_kept: dict[Hashable, _Kept] = {}
_reading: ContextVar[set[str] | None] = ContextVar("reading", default=None)
"""The tables that the running query has read so far."""


def note_tables(engine: Engine) -> None:
    """Note which tables a cached query reads; for each engine of an ops database on a server."""

    @event.listens_for(engine, "before_cursor_execute")
    def _note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if (tables := _reading.get()) is not None:
            tables |= _named_in(statement)


@lru_cache(maxsize=500)
def _named_in(statement: str) -> frozenset[str]:
    """More than it reads where something else has the name of a table, never less."""
    return frozenset(re.findall(r"\w+", statement)) & OpsModel.metadata.tables.keys()


def cached_until_commit(
    *, without: Collection[str] = ()
) -> Callable[[Callable[Given, Answer]], Callable[Given, Answer]]:
    """Cache a query for each page, and for each version of ops, by its arguments.

    For queries of ops that depend on nothing else: no time, no file, no reader. `without`: columns
    that may stay unloaded; a caller that needs one of a cached row has to query it.
    """

    def decorate(question: Callable[Given, Answer]) -> Callable[Given, Answer]:
        @wraps(question)
        def asked(*given: Given.args, **named: Given.kwargs) -> Answer:
            page = current_page()
            if page is None:
                return question(*given, **named)
            key = (question, given, tuple(sorted(named.items())))
            if key not in page.answers:
                page.answers[key] = _known(key, page.version, frozenset(without), question)
            found: _Kept = page.answers[key]
            if (around := _reading.get()) is not None:
                around |= found.tables
            answer: Answer = found.answer
            return answer

        return asked

    return decorate


def answer_on_page(question: Callable[[], Answer], answer: Answer) -> None:
    """Use this as the page's answer to a cached query without arguments: another statement of the
    page has read it along. It is not kept for other pages."""
    if page := current_page():
        found = _Kept(answer, frozenset(OpsModel.metadata.tables), None)
        page.answers.setdefault((unwrap(question), (), ()), found)


def forget_all() -> None:
    """Clear the cache."""
    _kept.clear()


def _known(
    key: tuple[Any, ...], version: Hashable, without: frozenset[str], question: Callable[..., Any]
) -> _Kept:
    found = _kept.get(key)
    if found and found.version is not None and _version_of(found.tables, version) == found.version:
        return found
    others = {id(row) for row in db.session().identity_map.values()}
    answer, tables = _asked(question, key)
    made = _Kept(answer, tables, _version_of(tables, version))
    rows: dict[int, Any] = {}
    if made.version is None or not _is_whole(answer, without, rows) or rows.keys() & others:
        return made
    for row in rows.values():
        if session := object_session(row):
            session.expunge(row)
    while len(_kept) >= QUESTIONS:
        _kept.pop(next(iter(_kept)), None)
    _kept[key] = made
    return made


def _asked(question: Callable[..., Any], key: tuple[Any, ...]) -> tuple[Any, frozenset[str]]:
    """The result, and the tables that were read for it."""
    tables: set[str] = set()
    before = _reading.set(tables)
    try:
        return question(*key[1], **dict(key[2])), frozenset(tables)
    finally:
        _reading.reset(before)


def _version_of(tables: frozenset[str], version: Hashable) -> Hashable | None:
    return version.of(tables) if isinstance(version, TableVersions) else version


def _is_whole(value: Any, without: frozenset[str], rows: dict[int, Any]) -> bool:
    """Whether the value is fully loaded. Collects its mapped rows in `rows`."""
    if isinstance(value, PLAIN) or id(value) in rows:
        return True
    if isinstance(value, list | tuple | set | frozenset):
        return all(_is_whole(each, without, rows) for each in value)
    if isinstance(value, dict):
        return all(_is_whole(each, without, rows) for each in _both(value))
    state = inspect(value, raiseerr=False)
    if isinstance(state, InstanceState):
        rows[id(value)] = value
        loaded = [of for name, of in state.dict.items() if name != "_sa_instance_state"]
        is_clean = state.persistent and not state.modified and not state.expired
        return (
            is_clean
            and state.unloaded <= without
            and all(_is_whole(each, without, rows) for each in loaded)
        )
    return hasattr(value, "__dataclass_fields__") and all(
        _is_whole(each, without, rows) for each in vars(value).values()
    )


def _both(value: dict[Any, Any]) -> Iterator[Any]:
    yield from value.keys()
    yield from value.values()
