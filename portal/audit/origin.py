"""The origin of an event: the request, its address, its login session."""

from contextvars import ContextVar
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Origin:
    """The origin of a request; commands and tasks have none."""

    request: str | None = None
    address: str | None = None
    session: str | None = None


_origin: ContextVar[Origin | None] = ContextVar("origin", default=None)


def set_origin(origin: Origin | None) -> None:
    _origin.set(origin)


def current_origin() -> Origin:
    return _origin.get() or Origin()


def name_session(session: str) -> None:
    """Add the login session to the current origin, once it is known."""
    _origin.set(replace(current_origin(), session=session))
