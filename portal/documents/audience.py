"""For whose eyes a text is, and the blocks of it that only some may see."""

from dataclasses import dataclass
from enum import StrEnum


class Audience(StrEnum):
    """Who may read, from everybody to staff alone."""

    PUBLIC = "public"
    CLIENTS = "clients"
    INTERNAL = "internal"


@dataclass(frozen=True)
class Reader:
    """Through whose eyes a text is shown. `client` is an organisation's slug."""

    audience: Audience
    client: str | None = None

    @property
    def key(self) -> str:
        """Part of every key under which something made for this reader is kept."""
        return f"{self.audience}:{self.client}" if self.client else self.audience.value


PUBLIC = Reader(Audience.PUBLIC)
STAFF = Reader(Audience.INTERNAL)
