"""Actors of audit entries: accounts, and the two actors without an account."""

import getpass
from dataclasses import dataclass
from typing import Protocol


class Actor(Protocol):
    """The attributes of an actor that the audit log needs. Accounts implement it."""

    @property
    def id(self) -> int | None: ...
    @property
    def role(self) -> str: ...
    @property
    def name(self) -> str: ...


@dataclass(frozen=True)
class NamedActor:
    """An actor without an account."""

    name: str
    role: str
    id: int | None = None


SYSTEM = NamedActor(name="Talkback", role="system")
VISITOR = NamedActor(name="not logged in", role="visitor")


def at_the_console() -> NamedActor:
    """The operating system's user who runs a command on the machine."""
    try:
        return NamedActor(name=getpass.getuser(), role="console")
    except (KeyError, OSError):
        return NamedActor(name="unknown", role="console")
