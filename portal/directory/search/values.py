"""Parse values of an address: an invalid one is ignored and reported in `problems`."""

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, TypeVar

from portal.directory.facets import ANY, STEPS
from portal.directory.folding import fold, one_line
from portal.directory.search.marks import read_mark

MOST_CHARACTERS = 200
MOST_PAGES = 50
"""The number of numbered pages; later ones start after a mark."""
LAST = "last"
Choice = TypeVar("Choice", bound=StrEnum)
YES = ("yes", "true", "on", "any")
STEPS_IN_WORDS = {
    "rates": "1, or 50, 75, 100 or 150 pounds an hour",
    "reviews": "1, 3, 5 or 10",
    "verified": "1",
    "pictures": "1",
}


def line(given: list[str]) -> str:
    return one_line(given[0])[:MOST_CHARACTERS].strip() if given else ""


def choices(
    given: Sequence[str], kind: type[Choice], what: str, problems: list[str]
) -> tuple[Choice, ...]:
    if not given:
        return ()
    return tuple(map(kind, named(given, [each.value for each in kind], what, problems)))


def named(
    given: Sequence[str], names: Sequence[str], what: str, problems: list[str]
) -> tuple[str, ...]:
    if not given:
        return ()
    known = {fold(name): name for name in names}
    asked = [value.strip() for value in given if value.strip()]
    problems += [
        f"“{short(value)}” is not {what} here, so it was left out."
        for value in asked
        if fold(value) not in known
    ]
    return tuple(dict.fromkeys(known[fold(v)] for v in asked if fold(v) in known))


def step(name: str, given: list[str], problems: list[str]) -> str:
    """The narrowest of the given values."""
    if not given:
        return ""
    asked = [value.strip().lower() for value in given if value.strip()]
    values = [ANY if value in YES else value for value in asked]
    problems += [
        f"“{short(value)}” is no choice for {name} ({STEPS_IN_WORDS[name]}), so it was left out."
        for value in values
        if value not in STEPS[name]
    ]
    return max((v for v in values if v in STEPS[name]), key=STEPS[name].index, default="")


def place(page: list[str], after: list[str], problems: list[str]) -> dict[str, Any]:
    """The position in the list: after a mark, at the end, or a page number."""
    text = (after[0] if after else "").strip()
    if not text:
        return {"page": _page(page, problems)}
    if text == LAST:
        return {"is_last": True}
    if mark := read_mark(text):
        return {"after": mark}
    problems.append("The address of this page is damaged, so this is the first page.")
    return {}


def _page(given: list[str], problems: list[str]) -> int:
    text = (given[0] if given else "").strip()
    if not text:
        return 1
    if not (re.fullmatch(r"[0-9]{1,6}", text) and int(text) > 0):
        problems.append(f"“{short(text)}” is not the number of a page, so this is the first.")
        return 1
    if int(text) > MOST_PAGES:
        problems.append(f"Pages have numbers up to {MOST_PAGES}, so this is the last one that has.")
    return min(int(text), MOST_PAGES)


def short(text: str) -> str:
    text = one_line(text)
    return text if len(text) <= 40 else f"{text[:40]}…"
