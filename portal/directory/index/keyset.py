"""Keyset pagination in either engine's SQL: a page after a position, or before it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


@dataclass(frozen=True)
class Start:
    """The position that a page starts at: a value and a rank. Without it, the first page or the
    last. `is_backwards`: the page ends before the position, and the rows nearest to it are read."""

    place: tuple[Any, int] | None = None
    is_backwards: bool = False

    @property
    def way(self) -> str:
        return " DESC" if self.is_backwards else ""

    @property
    def values(self) -> dict[str, Any]:
        return {"from_value": self.place[0], "from_rank": self.place[1]} if self.place else {}

    def of_value(self, value: str, rank: str) -> str:
        """The condition for rows ordered by a value and then by rank."""
        if self.place is None:
            return ""
        return f" AND ({value}, {rank}) {self._sign} (:from_value, :from_rank)"

    @property
    def _sign(self) -> str:
        return "<" if self.is_backwards else ">"


FIRST, THE_END = Start(), Start(is_backwards=True)


class Order(StrEnum):
    """By which value, the least first; then by rank."""

    RELEVANCE = "relevance"
    DISTANCE = "distance"
    RATING = "rated"
    NEWEST = "made"
    NAME = "named"


@dataclass(frozen=True)
class Hit:
    """A studio of the answer; `value` is what it is ordered by before its rank."""

    rank: int
    studio_id: int
    value: Any
    rated: int
    chord: float | None
