"""Matches square brackets."""

import re
from functools import lru_cache


@lru_cache(maxsize=32)
def closers(text: str) -> dict[int, int]:
    """The index of each closed `[`, with the index of its `]`."""
    found: dict[int, int] = {}
    opened: list[int] = []
    for bracket in re.finditer(r"[\[\]]", text):
        if bracket[0] == "[":
            opened.append(bracket.start())
        elif opened:
            found[opened.pop()] = bracket.start()
    return found


def in_open_bracket(text: str, at: int) -> bool:
    """Whether a `[` before this index is still open."""
    return text.count("[", 0, at) > sum(close < at for close in closers(text).values())
