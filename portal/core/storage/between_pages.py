"""Query results from the ops database, cached in a process until something is committed to it.

A page reads the version before its first transaction begins (`Page.version`), so that what it then
reads is at least as new. Cached results are fully loaded and detached from the session: plain
values, and rows with every column and relation loaded that were not in the session before. Other
results are not cached.

Only pages use it. The logged-in account, and everything that a change depends on, is never read
this way: a request that may change something has no page.
"""

from collections.abc import Callable, Collection, Hashable, Iterator
from datetime import date, time, timedelta
from enum import Enum
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from sqlalchemy import inspect
from sqlalchemy.orm import InstanceState, object_session

from portal.core.page import current_page
from portal.core.storage.database import db

Given = ParamSpec("Given")
Answer = TypeVar("Answer")

QUESTIONS = 64
PLAIN = (type(None), bool, int, float, str, bytes, date, time, timedelta, Enum)

_kept: dict[Hashable, tuple[Hashable, Any]] = {}


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
            answer: Answer = page.answers[key]
            return answer

        return asked

    return decorate


def forget_all() -> None:
    """Clear the cache."""
    _kept.clear()


def _known(
    key: tuple[Any, ...], version: Hashable, without: frozenset[str], question: Callable[..., Any]
) -> Any:
    if version is None:
        return question(*key[1], **dict(key[2]))
    found = _kept.get(key)
    if found and found[0] == version:
        return found[1]
    others = {id(row) for row in db.session().identity_map.values()}
    answer = question(*key[1], **dict(key[2]))
    rows: dict[int, Any] = {}
    if _is_whole(answer, without, rows) and not rows.keys() & others:
        for row in rows.values():
            if session := object_session(row):
                session.expunge(row)
        while len(_kept) >= QUESTIONS:
            _kept.pop(next(iter(_kept)), None)
        _kept[key] = version, answer
    return answer


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
