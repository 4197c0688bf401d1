"""What a log line belongs to: the process, the request or operation, the target.

A request and an operation are known in the thread that works on them; a process that carries out
one operation only is known as such in all of its threads.
"""

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

REQUEST_ID = "portal.request_id"
"""The key of a request's id in its WSGI environ and its ASGI scope."""
_GIVEN = re.compile(r"[A-Za-z0-9._-]{8,64}")


@dataclass(frozen=True)
class Labels:
    """Of one line. `kind`: the kind of process."""

    kind: str
    pid: int
    request: str | None
    operation: int | None
    target: str | None


@dataclass
class _Process:
    kind: str = "command"
    operation: int | None = None
    target: str | None = None


_process = _Process()
_request: ContextVar[str | None] = ContextVar("request", default=None)
_work: ContextVar[tuple[int, str | None] | None] = ContextVar("work", default=None)


def name_process(kind: str, *, target: str | None = None) -> None:
    """From now on each line of this process names its kind, and its target if it has only one."""
    _process.kind, _process.target, _process.operation = kind, target, None


def name_only_operation(operation: int, target: str | None) -> None:
    """This process does nothing else: its other threads belong to the operation as well."""
    _process.operation, _process.target = operation, target


def current_labels() -> Labels:
    operation, target = _work.get() or (_process.operation, _process.target)
    return Labels(_process.kind, os.getpid(), _request.get(), operation, target)


def current_request() -> str | None:
    return _request.get()


def begin_request(request: str | None) -> None:
    """The lines of this thread belong to the request, until it is None."""
    _request.set(request)


def request_id(given: str | None, *, trusted_proxies: int) -> str:
    """The id that a trusted proxy gave in X-Request-ID, if it can be one; otherwise a new one."""
    if trusted_proxies and given and _GIVEN.fullmatch(given):
        return given
    return secrets.token_hex(8)


@contextmanager
def working_on(operation: int, target: str | None = None) -> Iterator[None]:
    """The lines of this thread belong to the operation within the block."""
    token = _work.set((operation, target))
    try:
        yield
    finally:
        _work.reset(token)
