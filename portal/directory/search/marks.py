"""Position in a list of results, as the value of `after` in an address (keyset pagination).

A mark holds a studio's sort value and its number, so the next page continues there even if studios
were added or removed. It contains nothing that the page with this studio doesn't show: distances
are computed from public points.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from math import isfinite
from typing import Any

FOREIGN = "That page belongs to another search, or the search has changed: this is the first page."
LONGEST = 3000
LONGEST_WORD = 480
LARGEST = 2**63
Key = tuple[Any, ...]


@dataclass(frozen=True)
class Mark:
    """`of` names the list, `key` is the position in its order; `at` is the number of studios before
    the next one, if known. `is_before`: the page ends here instead of starting. `plan`: how
    `asking.tiers` was built for the first page, and continues."""

    of: str
    key: Key
    at: int | None = None
    is_before: bool = False
    plan: int = 0

    @property
    def text(self) -> str:
        fields = [self.of, list(self.key), self.at, int(self.is_before), self.plan]
        plain = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
        return urlsafe_b64encode(plain.encode()).decode().rstrip("=")


def read_mark(text: str) -> Mark | None:
    """None for a text that no page has generated."""
    if len(text) > LONGEST or not text.isascii():
        return None
    try:
        padded = text + "=" * (-len(text) % 4)
        of, key, at, is_before, plan = json.loads(urlsafe_b64decode(padded).decode())
        found = Mark(of, tuple(key), at, is_before == 1, plan)
        return found if _is_whole(found) and found.text == text else None
    except (ValueError, TypeError, RecursionError):
        return None


def name_of_list(*parts: object) -> str:
    """The same name for the same search; a mark of another search is not valid for it."""
    return sha256(repr(parts).encode(errors="replace")).hexdigest()[:12]


def _is_whole(mark: Mark) -> bool:
    is_at = mark.at is None or (type(mark.at) is int and 0 <= mark.at < LARGEST)
    is_planned = type(mark.plan) is int and 0 <= mark.plan < 4
    is_named = isinstance(mark.of, str) and mark.of.isascii()
    return (
        is_at
        and is_named
        and is_planned
        and 0 < len(mark.key) <= 8
        and all(map(_is_plain, mark.key))
    )


def _is_plain(value: object) -> bool:
    if isinstance(value, str):
        return len(value) <= LONGEST_WORD and "\0" not in value
    if isinstance(value, float):
        return isfinite(value)
    return isinstance(value, int) and -LARGEST <= value < LARGEST
