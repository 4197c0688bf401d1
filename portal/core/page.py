"""A cache for one read-only page: query results and connections shared within a request.

A page begins with a GET and ends with its response; nothing outlives it. Requests that may change
something, commands and operations have no page: there every query is executed.
"""

from collections.abc import Callable, Hashable
from contextlib import ExitStack
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, ParamSpec, TypeVar

Given = ParamSpec("Given")
Answer = TypeVar("Answer")


@dataclass
class Page:
    """`answers` by question; `ends` is closed with the page in any case. `version`: of the ops
    database, before anything was read; None if unknown."""

    version: Hashable = None
    answers: dict[Hashable, Any] = field(default_factory=dict)
    ends: ExitStack = field(default_factory=ExitStack)


_page: ContextVar[Page | None] = ContextVar("page", default=None)


def begin_page(method: str, version: Callable[[], Hashable] = lambda: None) -> None:
    """Called for each request; only one that reads gets a page. `version` reads the
    version of ops."""
    end_page()
    _page.set(Page(version()) if method in {"GET", "HEAD"} else None)


def end_page() -> None:
    """Later queries in this thread are not cached."""
    if page := _page.get():
        _page.set(None)
        page.ends.close()


def current_page() -> Page | None:
    return _page.get()


def cached_per_page(question: Callable[Given, Answer]) -> Callable[Given, Answer]:
    """Cache a function's result for each page and its arguments, which must be hashable.

    For data that the page itself doesn't change. Callers must not modify a returned list.
    Exceptions are not cached.
    """

    @wraps(question)
    def asked(*given: Given.args, **named: Given.kwargs) -> Answer:
        page = _page.get()
        if page is None:
            return question(*given, **named)
        key = (question, given, tuple(sorted(named.items())))
        if key not in page.answers:
            page.answers[key] = question(*given, **named)
        answer: Answer = page.answers[key]
        return answer

    return asked
