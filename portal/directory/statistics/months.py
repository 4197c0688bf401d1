"""The last twelve months, the current one last, in UTC."""

import itertools
from dataclasses import dataclass
from datetime import UTC, datetime

SHOWN = 12


@dataclass(frozen=True)
class Month:
    first: datetime
    after: datetime

    @property
    def name(self) -> str:
        """“2026-12”."""
        return f"{self.first:%Y-%m}"


def last_months(at: datetime) -> list[Month]:
    """The oldest first."""
    number = at.year * 12 + at.month - 1
    starts = [_first(each) for each in range(number - SHOWN + 1, number + 2)]
    return [Month(*pair) for pair in itertools.pairwise(starts)]


def _first(number: int) -> datetime:
    return datetime(number // 12, number % 12 + 1, 1, tzinfo=UTC)
