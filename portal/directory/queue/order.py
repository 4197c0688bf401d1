"""The order of the queue: by time, then by kind, then by number."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

LAST_NUMBER, LAST_UUID = 2**31 - 1, "g"
"""After each number, and each uuid."""


class Kind(StrEnum):
    REVIEW = "review"
    PICTURE = "picture"
    REPORT = "report"


RANKS = {kind: rank for rank, kind in enumerate(Kind)}


@dataclass(frozen=True)
class Cursor:
    """An item that somebody passed over or decided on: the queue goes on after it."""

    at: datetime
    kind: Kind
    id: str

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.kind.value}~{self.id}"

    def id_for(self, kind: Kind, first: str, last: str) -> str:
        """After which id at the same moment an item of that kind comes later."""
        if kind is self.kind:
            return self.id
        return first if RANKS[kind] > RANKS[self.kind] else last


def cursor_in(text: str | None) -> Cursor | None:
    """None for what is no cursor: the queue then begins at its beginning."""
    at, _, rest = (text or "").partition("~")
    kind, _, number = rest.partition("~")
    try:
        found = Cursor(datetime.fromisoformat(at), Kind(kind), number)
        found.at.astimezone(UTC)
    except (ValueError, OverflowError):  # OverflowError: of no year in UTC
        return None
    is_number = number.isascii() and number.isdecimal() and len(number) < 10
    is_right = is_number if found.kind is Kind.REVIEW else len(number) <= 36 and "\0" not in number
    return found if is_right and found.at.tzinfo else None
