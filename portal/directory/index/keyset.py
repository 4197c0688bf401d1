"""A page that begins behind a place in the order, or ends before it, in either engine's SQL."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Start:
    """`place` is a value and a rank; without one a page begins with the first or ends with the
    last. `is_backwards`: it ends before the place, and the rows nearest to it are read."""

    place: tuple[Any, int] | None = None
    is_backwards: bool = False

    @property
    def way(self) -> str:
        return " DESC" if self.is_backwards else ""

    @property
    def values(self) -> dict[str, Any]:
        return {"from_value": self.place[0], "from_rank": self.place[1]} if self.place else {}

    def of_tier(self, at: int, rank: str) -> str | None:
        """What a tier's rows meet beside its own condition; None where none of them is meant."""
        if self.place is None:
            return ""
        tier, sign = self.place[0], self._sign
        if at == tier:
            return f" AND {rank} {sign} :from_rank"
        is_beyond = at < tier if self.is_backwards else at > tier
        return "" if is_beyond else None

    def of_value(self, value: str, rank: str) -> str:
        """The same where rows are ordered by a value and then by their rank."""
        if self.place is None:
            return ""
        sign = self._sign
        is_same = f"{value} = :from_value AND {rank} {sign} :from_rank"
        return f" AND ({value} {sign} :from_value OR ({is_same}))"

    @property
    def _sign(self) -> str:
        return "<" if self.is_backwards else ">"


FIRST, THE_END = Start(), Start(is_backwards=True)
