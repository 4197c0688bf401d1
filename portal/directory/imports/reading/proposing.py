"""Which field a column most likely is: by its heading, then by what its cells look like."""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from portal.directory.imports.columns import (
    COORDINATES,
    EMAIL,
    LATITUDE,
    LONGITUDE,
    known_by,
)
from portal.directory.owners.input.place import read_point
from portal.directory.visibility import SOCIAL

EMAIL_LIKE = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[A-Za-z]{2,}")
WEB_LIKE = re.compile(r"(?:https?://|www\.)[^\s]+", re.IGNORECASE)
PHONE_LIKE = re.compile(r"'?\+?[\d\s()./-]{7,25}")
DEGREES_LIKE = re.compile(r"'?-?\d{1,3}[.,]\d{3,}")
MOST = 0.8
HOSTS = {
    **{f"{name}.com": f"{name}_url" for name in SOCIAL},
    "twitter.com": "x_url",
    "youtu.be": "youtube_url",
}

Mapping = dict[int, str]
"""The names of fields by the columns' places; a column that is not used is not in it."""


def proposed(headings: Sequence[str], cells: Sequence[Sequence[str]]) -> Mapping:
    """`cells`: of each column, some that are not empty."""
    found: Mapping = {}
    for place, heading in enumerate(headings):
        name = known_by(heading)
        if name and name not in found.values():
            found[place] = name
    for place, some in enumerate(cells):
        name = None if place in found else looks_like(some)
        if name and name not in found.values():
            found[place] = name
    return found | _degrees(cells, found)


def looks_like(cells: Sequence[str]) -> str | None:
    if not cells:
        return None
    if _most(EMAIL_LIKE.fullmatch(each.strip()) for each in cells):
        return EMAIL
    if _most(WEB_LIKE.fullmatch(each.strip()) for each in cells):
        return _web_field(cells)
    if _most(_is_pair(each) for each in cells):
        return COORDINATES
    if _most(PHONE_LIKE.fullmatch(each.strip()) and _has_digits(each) for each in cells):
        return "phone"
    return None


def is_data(cells: Sequence[str]) -> bool:
    """Whether the first row of a file is one of studios, not of headings."""
    if any(known_by(each) for each in cells):
        return False
    patterns = (EMAIL_LIKE, WEB_LIKE, DEGREES_LIKE)
    return any(each.fullmatch(cell.strip()) for cell in cells for each in patterns)


def _most(found: object) -> bool:
    answers = [bool(each) for each in found]  # type: ignore[attr-defined]
    return sum(answers) >= MOST * len(answers)


def _web_field(cells: Sequence[str]) -> str:
    names = {HOSTS.get(host_of(each)) for each in cells}
    found = names.pop() if len(names) == 1 else None
    return found or "website_url"


def host_of(address: str) -> str:
    """“quiet.example” of “https://www.quiet.example/about”; empty where it has none."""
    text = address.strip()
    try:
        host = urlsplit(text if "://" in text else f"https://{text}").hostname
    except ValueError:
        return ""
    return (host or "").casefold().removeprefix("www.")


def _is_pair(text: str) -> bool:
    try:
        return "," in text and read_point(text[:500]) is not None
    except ValueError:
        return False


def _has_digits(text: str) -> bool:
    return sum(each.isdigit() for each in text) >= 7


def _degrees(cells: Sequence[Sequence[str]], found: Mapping) -> Mapping:
    """Two columns beside each other with many decimals: latitude is usually first."""
    if {LATITUDE, LONGITUDE, COORDINATES} & set(found.values()):
        return {}
    for place in range(len(cells) - 1):
        two = cells[place], cells[place + 1]
        is_free = place not in found and place + 1 not in found
        if is_free and all(
            some and _most(DEGREES_LIKE.fullmatch(each.strip()) for each in some) for some in two
        ):
            return {place: LATITUDE, place + 1: LONGITUDE}
    return {}
