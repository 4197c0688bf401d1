"""Who did it: accounts, and the two actors that have none."""

import getpass
from dataclasses import dataclass
from typing import Protocol


class Actor(Protocol):
    """What the audit log needs to know of whoever acts. Accounts fit as they are."""

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
    """Whoever runs a command on the machine, by the operating system's name for them."""
    try:
        return NamedActor(name=getpass.getuser(), role="console")
    except (KeyError, OSError):
        return NamedActor(name="unknown", role="console")
