"""What a kept column may contain. Any other value stops the sync, reported without the value.

A column may be declared as a number, and SQLite still stores a name in it; so each value is
checked, its type first. Values come a column at a time: most are repeated.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Protocol
from zoneinfo import available_timezones

from portal.core.clock import now

LONGEST_WORD = 40
HIGHEST_ID = 2**31 - 1
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
AHEAD = timedelta(days=366)
REMEMBERED = 5_000
"""For each column: a database has dozens with times."""

RANGE = re.compile(r"(-?[0-9]+(?:\.[0-9]+)?)\.\.(-?[0-9]+(?:\.[0-9]+)?)", re.ASCII)
ID = re.compile(r"id(?: of ([\w.]+))?")
MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?"
    r"(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
)


class KeptRule(Protocol):
    @property
    def words(self) -> str:
        """What it may contain, as in “something other than …”."""

    def fits(self, values: Sequence[object]) -> bool:
        """Whether each of these, without NULLs, may be kept."""


@dataclass(frozen=True)
class Flag:
    words = "true or false"

    def fits(self, values: Sequence[object]) -> bool:
        return _types(values) <= {int, bool} and set(values) <= {0, 1}


@dataclass(frozen=True)
class Range:
    """Numbers with at most so many decimals; with none, only integers."""

    low: Decimal
    high: Decimal
    places: int = 0

    @property
    def words(self) -> str:
        return f"a number from {self.low} to {self.high}"

    def fits(self, values: Sequence[object]) -> bool:
        if not _types(values) <= ({int, float, Decimal} if self.places else {int}):
            return False
        return all(map(self._has, set(values)))

    def _has(self, value: object) -> bool:
        if not isinstance(value, int | float | Decimal) or not math.isfinite(value):
            return False
        exact = Decimal(str(value))
        return self.low <= exact <= self.high and exact == round(exact, self.places)


@dataclass(frozen=True)
class Time:
    words = "a time between 1970 and a year from now"
    _seen: set[object] = field(default_factory=set, compare=False, repr=False)

    def fits(self, values: Sequence[object]) -> bool:
        if not _types(values) <= {str, datetime, date}:
            return False
        new = set(values) - self._seen
        latest = now() + AHEAD
        if not all(
            EARLIEST <= moment <= latest if moment else False for moment in map(_moment, new)
        ):
            return False
        if len(self._seen) > REMEMBERED:
            self._seen.clear()
        self._seen.update(new)
        return True


@dataclass(frozen=True)
class WordRule:
    listed: frozenset[str]
    words = "a word that its line allows"

    def fits(self, values: Sequence[object]) -> bool:
        return _types(values) <= {str} and set(values) <= self.listed


@dataclass(frozen=True)
class ZoneRule:
    words = "the name of a time zone"

    def fits(self, values: Sequence[object]) -> bool:
        return _types(values) <= {str} and set(values) <= _zones()


@dataclass(frozen=True)
class IdRule:
    """`of`: the table whose key it is, if no foreign key of the schema says so."""

    of: str = ""
    words = "a number of a key"

    def fits(self, values: Sequence[object]) -> bool:
        if not values:
            return True
        if _types(values) != {int}:
            return False
        numbers = [each for each in values if isinstance(each, int)]
        return min(numbers) > 0 and max(numbers) <= HIGHEST_ID


def kept(text: str) -> KeptRule | None:
    """The parsed text after `keep:`; None if it names nothing that can be checked."""
    if text == "boolean":
        return Flag()
    if text == "time":
        return Time()
    if text == "zone":
        return ZoneRule()
    if found := RANGE.fullmatch(text):
        return _range(*found.groups())
    if found := ID.fullmatch(text):
        return IdRule(found[1] or "")
    words = frozenset(each.strip() for each in text.split(","))
    return WordRule(words) if all(0 < len(each) <= LONGEST_WORD for each in words) else None


def _range(low: str, high: str) -> KeptRule | None:
    lowest, highest = Decimal(low), Decimal(high)
    places = max(len(each.partition(".")[2]) for each in (low, high))
    return Range(lowest, highest, places) if lowest <= highest else None


@cache
def _zones() -> set[str]:
    return available_timezones()


def _types(values: Sequence[object]) -> set[type]:
    return set(map(type, values))


def _moment(value: object) -> datetime | None:
    """None for what is not a time, or has other text around it. Without a zone it is UTC."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value) if MOMENT.fullmatch(value) else None
        except ValueError:
            return None
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=UTC)
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)
