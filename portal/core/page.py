"""What a page that only reads asks once: answers and connections that it shares with itself.

A page begins with a GET and ends with its answer; nothing outlives it. A request that may change
something, a command and an operation have no page: there each question is asked anew.
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
    """`answers` by question; `ends` is left with the page, whatever became of it. `version`: of
    the ops database, as it was before anything was read; None where that is not known."""

    version: Hashable = None
    answers: dict[Hashable, Any] = field(default_factory=dict)
    ends: ExitStack = field(default_factory=ExitStack)


_page: ContextVar[Page | None] = ContextVar("page", default=None)


def begin_page(method: str, version: Callable[[], Hashable] = lambda: None) -> None:
    """For one request: only one that reads has a page. `version`: asks for the one of ops."""
    end_page()
    _page.set(Page(version()) if method in {"GET", "HEAD"} else None)


def end_page() -> None:
    """Whatever comes after the page in this thread asks anew."""
    if page := _page.get():
        _page.set(None)
        page.ends.close()


def current_page() -> Page | None:
    return _page.get()


def once_a_page(question: Callable[Given, Answer]) -> Callable[Given, Answer]:
    """Ask it once for each page and each set of arguments, which have to be hashable.

    For questions about what a page itself doesn't change. Who gets a list doesn't change it. A
    question that fails is asked again.
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
