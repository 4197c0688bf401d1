"""What a visitor asks the search for, read from an address.

A value that can't be read is left out, and one sentence says so; an address never fails.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TypeVar

from portal.directory.folding import fold, one_line
from portal.directory.geography import KM_PER_MILE
from portal.directory.models import Service, StudioType
from portal.directory.places.countries import countries, country_code

MOST_WORDS = 8
MOST_CHARACTERS = 200
FARTHEST = 2000
Choice = TypeVar("Choice", bound=StrEnum)
# The address as werkzeug reads it: the values under a name.
Values = Callable[[str], list[str]]


class Sort(StrEnum):
    RELEVANCE = "relevance"
    DISTANCE = "distance"
    RATING = "rating"
    NEWEST = "newest"
    NAME = "name"


@dataclass(frozen=True)
class Radius:
    """How far around a place: an amount of kilometres or miles."""

    amount: float = 50
    unit: str = "km"

    @property
    def km(self) -> float:
        return self.amount * (KM_PER_MILE if self.unit == "mi" else 1)

    @property
    def label(self) -> str:
        return f"{self.amount:g} {'miles' if self.unit == 'mi' else 'km'}"


AMOUNTS = (10, 25, 50, 100, 250)
UNITS = {"km": "km", "mi": "miles"}


@dataclass(frozen=True)
class Wish:
    q: str = ""
    near: str = ""
    radius: Radius = field(default_factory=Radius)
    country: str = ""
    types: tuple[StudioType, ...] = ()
    services: tuple[Service, ...] = ()
    sort: Sort | None = None
    page: int = 1
    is_as_typed: bool = False
    problems: tuple[str, ...] = ()

    @property
    def words(self) -> list[str]:
        return list(dict.fromkeys(fold(self.q).split()))[:MOST_WORDS]

    @property
    def order(self) -> Sort:
        """The order asked for, else the one that suits what was asked."""
        if self.sort and not (self.sort is Sort.DISTANCE and not self.near):
            return self.sort
        return Sort.DISTANCE if self.near and not self.words else Sort.RELEVANCE

    def parameters(self) -> dict[str, str | list[str]]:
        """The wish as an address says it; what is as usual is left out."""
        values: dict[str, str | list[str] | None] = {
            "q": self.q,
            "near": self.near,
            "radius": f"{self.radius.amount:g}" if self.radius.amount != Radius().amount else None,
            "unit": self.radius.unit if self.radius.unit != Radius().unit else None,
            "country": self.country,
            "type": [each.value for each in self.types],
            "service": [each.value for each in self.services],
            "sort": self.sort.value if self.sort else None,
            "exact": "1" if self.is_as_typed else None,
            "page": str(self.page) if self.page > 1 else None,
        }
        return {name: value for name, value in values.items() if value}

    def on_page(self, number: int) -> "Wish":
        return replace(self, page=number)

    def as_typed(self) -> "Wish":
        """Without a correction."""
        return replace(self, is_as_typed=True, page=1)

    def around(self, near: str, country: str = "") -> "Wish":
        """The same in another place; everywhere without one."""
        return replace(self, near=near, country=country, page=1)

    @property
    def country_name(self) -> str:
        return countries().get(self.country, "")

    def with_type(self, kind: StudioType) -> "Wish":
        """With the type asked for as well, or no longer."""
        return replace(self, types=_toggled(self.types, kind), page=1)

    def with_service(self, service: Service) -> "Wish":
        return replace(self, services=_toggled(self.services, service), page=1)


def read_wish(values: Values) -> Wish:
    problems: list[str] = []
    return Wish(
        q=_text(values("q")),
        near=_text(values("near")),
        radius=_radius(values("radius"), _unit(values("unit"), problems), problems),
        country=_country(values("country"), problems),
        types=_choices(values("type"), StudioType, "a type of studio", problems),
        services=_choices(values("service"), Service, "a service", problems),
        sort=next(iter(_choices(values("sort"), Sort, "an order", problems)), None),
        page=_page(values("page"), problems),
        is_as_typed=values("exact")[:1] == ["1"],
        problems=tuple(problems),
    )


def _text(given: list[str]) -> str:
    return one_line(given[0] if given else "")[:MOST_CHARACTERS].strip()


def _choices(
    given: Iterable[str], kind: type[Choice], what: str, problems: list[str]
) -> tuple[Choice, ...]:
    known = {fold(member.value): member for member in kind}
    asked = [value.strip() for value in given if value.strip()]
    problems += [
        f"“{_short(value)}” is not {what} here, so it was left out."
        for value in asked
        if fold(value) not in known
    ]
    return tuple(dict.fromkeys(known[fold(v)] for v in asked if fold(v) in known))


def _radius(given: list[str], unit: str, problems: list[str]) -> Radius:
    """The unit may stand behind the amount as well, as it did in older addresses."""
    text = (given[0] if given else "").strip().lower()
    if not text:
        return Radius(unit=unit)
    found = re.fullmatch(r"([0-9]{1,5}(?:\.[0-9]{1,3})?)\s*(km|mi)?", text)
    if found and 0 < float(found[1]) <= FARTHEST:
        return Radius(float(found[1]), found[2] or unit)
    problems.append(f"“{_short(text)}” is not a distance up to {FARTHEST} km; 50 km was taken.")
    return Radius()


def _unit(given: list[str], problems: list[str]) -> str:
    text = (given[0] if given else "").strip().lower()
    if text and text not in UNITS:
        problems.append(f"“{_short(text)}” is not a unit here: km or mi; km was taken.")
    return text if text in UNITS else "km"


def _country(given: list[str], problems: list[str]) -> str:
    text = _text(given)
    code = country_code(text) if text else ""
    if code is None:
        problems.append(f"“{_short(text)}” is not a country we know, so it was left out.")
    return code or ""


def _page(given: list[str], problems: list[str]) -> int:
    text = (given[0] if given else "").strip()
    if not text:
        return 1
    if re.fullmatch(r"[0-9]{1,6}", text) and int(text) > 0:
        return int(text)
    problems.append(f"“{_short(text)}” is not the number of a page, so this is the first.")
    return 1


def _short(text: str) -> str:
    text = one_line(text)
    return text if len(text) <= 40 else f"{text[:40]}…"


def _toggled(members: tuple[Choice, ...], member: Choice) -> tuple[Choice, ...]:
    rest = tuple(each for each in members if each is not member)
    return rest if member in members else (*members, member)
