"""What a restore must not bring back, such as deleted accounts: the feature above registers it.

`register_endings` is called when the feature is imported. Without one, a restored database is what
its backup held.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection

from portal.databases.targets.config import Target


@dataclass(frozen=True)
class Applied:
    """Sentences: what was ended again, and what could not be."""

    applied: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


class Endings(Protocol):
    def drain(self, target: Target) -> None:
        """Take what was ended into ops, from a database that is about to be replaced. Commits."""

    def since(self, database_uuid: str, taken_at: datetime) -> Any:
        """Read from ops what was ended since that database's backup; for `apply`."""

    def apply(self, connection: Connection, endings: Any, *, at: datetime) -> Applied:
        """End it again, in the connection's transaction. The same a second time. `at`: the time of
        the restore."""


_registered: list[Endings] = []


def register_endings(endings: Endings) -> None:
    _registered[:] = [endings]


def registered_endings(target: Target) -> Endings | None:
    """None for the database of another application."""
    return _registered[0] if _registered and target.is_directory else None
