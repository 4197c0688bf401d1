"""Which square bracket closes which."""

import re
from functools import lru_cache


@lru_cache(maxsize=32)
def closers(text: str) -> dict[int, int]:
    """The place of each `[` that is closed, with the place where."""
    found: dict[int, int] = {}
    opened: list[int] = []
    for bracket in re.finditer(r"[\[\]]", text):
        if bracket[0] == "[":
            opened.append(bracket.start())
        elif opened:
            found[opened.pop()] = bracket.start()
    return found


def in_open_bracket(text: str, at: int) -> bool:
    """Whether a `[` before this place is still open here."""
    return text.count("[", 0, at) > sum(close < at for close in closers(text).values())
