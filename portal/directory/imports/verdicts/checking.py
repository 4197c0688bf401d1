"""The cells of a row, as values of a studio: with the checks, limits and sentences of the owners'
own form."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from portal.core.errors import Invalid
from portal.directory.exports.escaping import unescaped
from portal.directory.folding import fold, one_line, visible
from portal.directory.forms.studio_input import (
    LONGEST_TEXT,
    address_typed,
    at_most,
    length_of,
    phone_typed,
    pounds_typed,
    text_lines,
)
from portal.directory.imports.columns import (
    COORDINATES,
    COUNTRY,
    EMAIL,
    KEY,
    LATITUDE,
    LINKED,
    LONGITUDE,
    STATUS,
    TYPES,
)
from portal.directory.imports.reading.decoding import UNREADABLE
from portal.directory.imports.reading.proposing import Mapping
from portal.directory.imports.reading.rows import Row
from portal.directory.imports.verdicts.placing import placed
from portal.directory.models import CONNECTIONS, StudioType
from portal.directory.users.placeholder_addresses import address_of_somebody
from portal.directory.visibility import SOCIAL
from portal.directory.words import normal

LONGEST_KEY = 200
PUBLISHED, DRAFT = "published", "draft"
STATUSES = {
    **dict.fromkeys(("published", "active", "live", "online", "public", "yes", "1"), PUBLISHED),
    **dict.fromkeys(("draft", "hidden", "inactive", "pending", "offline", "no", "0"), DRAFT),
}
PLACE = ("city", COUNTRY, LATITUDE, LONGITUDE, COORDINATES)
SEPARATORS = re.compile(r"[;|\n]")
NOT_READ = "There is a character here that can’t be read in the chosen encoding."

Value = str | int | float | tuple[str, ...] | None
Values = dict[str, Value]


@dataclass(frozen=True)
class Problem:
    """`column`: its place in the file; None where the whole row is at fault."""

    column: int | None
    sentence: str


@dataclass
class Checked:
    """`values` by the names of a studio's columns, with `types` and `connections`; only of cells
    that are filled in. `is_placed`: the row itself has coordinates."""

    line: int
    values: Values = field(default_factory=dict)
    key: str = ""
    email: str | None = None
    status: str | None = None
    is_placed: bool = False
    doubt: str | None = None
    problems: list[Problem] = field(default_factory=list)

    @property
    def name(self) -> str:
        return str(self.values.get("name") or "")


def check(row: Row, mapping: Mapping) -> Checked:
    found = Checked(row.line)
    if row.fault:
        found.problems.append(Problem(None, row.fault))
        return found
    texts: dict[str, str] = {}
    for place, name in mapping.items():
        cell = unescaped(row.cells[place])
        if UNREADABLE in cell:
            found.problems.append(Problem(place, NOT_READ))
        elif one_line(cell):
            texts[name] = cell
    for name, cell in texts.items():
        if name not in PLACE:
            _read(name, cell, mapping, found)
    _put_place({name: texts[name] for name in PLACE if name in texts}, mapping, found)
    if not found.name and not any(
        each.column == place_of("name", mapping) for each in found.problems
    ):
        found.problems.append(Problem(place_of("name", mapping), "A studio needs a name."))
    return found


def place_of(name: str, mapping: Mapping) -> int | None:
    return next((place for place, each in mapping.items() if each == name), None)


def _read(name: str, cell: str, mapping: Mapping, found: Checked) -> None:
    try:
        value = READ[name](cell)
    except (ValueError, Invalid) as error:
        found.problems.append(Problem(place_of(name, mapping), str(error)))
        return
    if name in {KEY, EMAIL, STATUS}:
        setattr(found, name, value)
    elif value not in {"", None, ()}:
        found.values[name] = value


def _put_place(cells: dict[str, str], mapping: Mapping, found: Checked) -> None:
    if not cells:
        return
    where = placed(cells)
    for name, sentence in where.problems.items():
        at = place_of(name, mapping)
        found.problems.append(
            Problem(place_of(COORDINATES, mapping) if at is None else at, sentence)
        )
    try:
        _short_enough(where.city, length_of("city"))
    except ValueError as error:
        found.problems.append(Problem(place_of("city", mapping), str(error)))
    if where.city:
        found.values["city"] = where.city
    if where.point:
        found.values |= {"latitude": where.point.latitude, "longitude": where.point.longitude}
    found.is_placed, found.doubt = where.is_given, where.doubt


def _short_enough(text: str, most: int) -> str:
    if len(text) > most:
        raise ValueError(at_most(most).message)
    return text


def _line(most: int) -> Callable[[str], str]:
    return lambda cell: _short_enough(visible(one_line(cell)), most)


def _text(most: int) -> Callable[[str], str]:
    return lambda cell: _short_enough(text_lines(cell), most)


def _lines(cell: str) -> str:
    """One a line. A list in one line is taken apart."""
    if "\n" not in cell and "\r" not in cell:
        cell = "\n".join(filter(None, (each.strip() for each in SEPARATORS.split(cell))))
    return _short_enough(text_lines(cell), LONGEST_TEXT)


def _address(column: str, site: str = "") -> Callable[[str], str]:
    return lambda cell: _short_enough(address_typed(cell, site=site), length_of(column))


def _phone(cell: str) -> str:
    return _short_enough(phone_typed(cell), length_of("phone"))


def _email(cell: str) -> str:
    return address_of_somebody(_short_enough(one_line(cell), 254))


def _status(cell: str) -> str:
    found = STATUSES.get(fold(one_line(cell)))
    if found is None:
        raise ValueError("Give “published” or “draft”.")
    return found


def _choices(words: dict[str, str], what: str) -> Callable[[str], tuple[str, ...]]:
    def read(cell: str) -> tuple[str, ...]:
        given = [one_line(each) for each in _parts(cell, words)]
        unknown = [each for each in given if each and normal(each) not in words]
        if unknown:
            known = ", ".join(dict.fromkeys(words.values()))
            shown = unknown[0] if len(unknown[0]) <= 60 else f"{unknown[0][:59]}…"
            raise ValueError(f"“{shown}” is no {what} that is known here: {known}.")
        return tuple(sorted({words[normal(each)] for each in given if each}))

    return read


def _parts(cell: str, words: dict[str, str]) -> list[str]:
    """Separated by commas too, where no word of the list has one."""
    return re.split(r"[;|\n,/]", cell) if normal(cell) not in words else [cell]


def _type_words() -> dict[str, str]:
    words: dict[str, str] = {}
    for each in StudioType:
        words |= {normal(each.value): each.value, normal(f"{each.value} studio"): each.value}
    more = {
        "voiceover": StudioType.VOICE_OVER,
        "voiceover studio": StudioType.VOICE_OVER,
        "voiceover coach": StudioType.VOICE_OVER_COACH,
        "producer": StudioType.AUDIO_PRODUCER,
    }
    return words | {normal(word): each.value for word, each in more.items()}


READ: dict[str, Callable[[str], Any]] = {
    KEY: _line(LONGEST_KEY),
    EMAIL: _email,
    STATUS: _status,
    "name": _line(length_of("name")),
    "phone": _phone,
    "website_url": _address("website_url"),
    "full_address": _line(length_of("full_address")),
    "short_about": _text(length_of("short_about")),
    **{
        each: _text(LONGEST_TEXT)
        for each in ("description", "about", "home_studio_description", "custom_connection_methods")
    },
    **dict.fromkeys(("services_offered", "equipment_list"), _lines),
    **dict.fromkeys(("rate_tier_1", "rate_tier_2", "rate_tier_3"), pounds_typed),
    **{f"{name}_url": _address(f"{name}_url", name) for name in SOCIAL},
    TYPES: _choices(_type_words(), "type of studio"),
    LINKED: _choices({normal(each): each for each in CONNECTIONS}, "connection"),
}
