"""A visitor's search, parsed from an address.

An invalid value is ignored and reported in a sentence; an invalid query string is never an error.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from portal.directory.facets import CONNECTION, SERVICE, STEPS, TYPE, Facet, step_facet
from portal.directory.folding import fold
from portal.directory.geography import KM_PER_MILE
from portal.directory.models import CONNECTIONS, Service, StudioType
from portal.directory.places.countries import countries, country_code
from portal.directory.places.file import is_readable
from portal.directory.search.marks import Mark
from portal.directory.search.values import LAST, choices, line, named, place, short, step

MOST_WORDS = 8
CODE = re.compile(r"[A-Za-z]{2}")
UNREADABLE = "The list of places can’t be read at the moment"
FARTHEST = 2000
# The query string as werkzeug parses it: the values of a name.
Values = Callable[[str], list[str]]


class Sort(StrEnum):
    RELEVANCE = "relevance"
    DISTANCE = "distance"
    RATING = "rating"
    NEWEST = "newest"
    NAME = "name"


@dataclass(frozen=True)
class Radius:
    """The distance around a place, in kilometres or miles."""

    amount: float = 50
    unit: str = "km"

    @property
    def km(self) -> float:
        return self.amount * (KM_PER_MILE if self.unit == "mi" else 1)

    @property
    def label(self) -> str:
        return f"{self.amount:g} {'miles' if self.unit == 'mi' else 'km'}"

    def parameters(self) -> dict[str, str]:
        """As an address says it; what is as usual is left out."""
        amount = {"radius": f"{self.amount:g}"} if self.amount != USUAL.amount else {}
        return amount | ({"unit": self.unit} if self.unit != USUAL.unit else {})


USUAL = Radius()
PARAMETERS = (
    *("q", "near", "radius", "unit", "country", "type", "connection", "service"),
    *(*STEPS, "sort", "exact"),
)
"""Of a first page, in the order of its address."""

AMOUNTS = (10, 25, 50, 100, 250)
UNITS = {"km": "km", "mi": "miles"}


@dataclass(frozen=True)
class Wish:
    q: str = ""
    near: str = ""
    radius: Radius = USUAL
    country: str = ""
    types: tuple[StudioType, ...] = ()
    connections: tuple[str, ...] = ()
    services: tuple[Service, ...] = ()
    rates: str = ""
    verified: str = ""
    reviews: str = ""
    pictures: str = ""
    sort: Sort | None = None
    page: int = 1
    after: Mark | None = None
    is_last: bool = False
    is_as_typed: bool = False
    problems: tuple[str, ...] = ()

    @property
    def words(self) -> list[str]:
        return list(dict.fromkeys(fold(self.q).split()))[:MOST_WORDS]

    @property
    def order(self) -> Sort:
        """The requested order, else the default for this search."""
        if self.sort and not (self.sort is Sort.DISTANCE and not self.near):
            return self.sort
        return Sort.DISTANCE if self.near and not self.words else Sort.RELEVANCE

    def parameters(self) -> dict[str, str | list[str]]:
        """The query parameters of the search; defaults are left out."""
        values: dict[str, str | list[str]] = {}
        if self.q:
            values["q"] = self.q
        if self.near:
            values["near"] = self.near
        if self.radius is not USUAL:
            values |= self.radius.parameters()
        if self.country:
            values["country"] = self.country
        values |= self._filter_parameters()
        if self.sort:
            values["sort"] = self.sort.value
        if self.is_as_typed:
            values["exact"] = "1"
        if self.is_deep:
            values["after"] = LAST if self.after is None else self.after.text
        elif self.page > 1:
            values["page"] = str(self.page)
        return values

    def _filter_parameters(self) -> dict[str, str | list[str]]:
        values: dict[str, str | list[str]] = {}
        if self.types:
            values["type"] = [each.value for each in self.types]
        if self.connections:
            values["connection"] = list(self.connections)
        if self.services:
            values["service"] = [each.value for each in self.services]
        return values | {name: step for name in STEPS if (step := self.step(name))}

    @property
    def facets(self) -> tuple[Facet, ...]:
        """The facets that every result has."""
        steps = ((name, self.step(name)) for name in STEPS)
        return (
            *((TYPE, each.value) for each in self.types),
            *((SERVICE, each.value) for each in self.services),
            *((CONNECTION, each) for each in self.connections),
            *(step_facet(name, value) for name, value in steps if value),
        )

    def filters(self) -> list[tuple[str, str]]:
        """Name and value of each filter, as query parameters."""
        given, names = self.parameters(), ("type", "connection", "service", *STEPS)
        asked = [(name, given[name]) for name in names if name in given]
        return [(n, v) for n, vs in asked for v in ([vs] if isinstance(vs, str) else vs)]

    @property
    def is_deep(self) -> bool:
        """Whether the page is beyond the numbered ones."""
        return self.is_last or self.after is not None

    @property
    def country_name(self) -> str:
        return countries().get(self.country, self.country)

    def step(self, name: str) -> str:
        """The limit for rates, reviews and others; empty if there is none."""
        value: str = getattr(self, name)
        return value

    def told_without_place(self) -> str:
        """The search as text, without the part of the list."""
        first = replace(self.on_page(1), sort=self.order)
        return repr(sorted(first.parameters().items()))

    def on_page(self, number: int) -> "Wish":
        if (self.page, self.after, self.is_last) == (number, None, False):
            return self
        return replace(self, page=number, after=None, is_last=False)

    def behind(self, mark: Mark) -> "Wish":
        return replace(self, page=1, after=mark, is_last=False)

    def at_the_end(self) -> "Wish":
        return replace(self, page=1, after=None, is_last=True)

    def because(self, problem: str) -> "Wish":
        """The first page, with a problem to report."""
        return replace(self.on_page(1), problems=(*self.problems, problem))

    def for_words(self, words: str) -> "Wish":
        return replace(self.on_page(1), q=words, is_as_typed=False)

    def as_typed(self) -> "Wish":
        """Without spelling correction."""
        return replace(self.on_page(1), is_as_typed=True)

    def around(self, near: str, country: str = "") -> "Wish":
        """The same search in another place; everywhere if `near` is empty."""
        return replace(self.on_page(1), near=near, country=country)

    def without_filters(self) -> "Wish":
        every: dict[str, Any] = {
            "types": (),
            "services": (),
            "connections": (),
            **dict.fromkeys(STEPS, ""),
        }
        return replace(self.on_page(1), **every)


def read_wish(values: Values) -> Wish:
    problems: list[str] = []
    steps: dict[str, Any] = {name: step(name, values(name), problems) for name in STEPS}
    return Wish(
        q=line(values("q")),
        near=line(values("near")),
        radius=_radius(values("radius"), _unit(values("unit"), problems), problems),
        country=_country(values("country"), problems),
        types=choices(values("type"), StudioType, "a type of studio", problems),
        connections=named(values("connection"), CONNECTIONS, "a way to connect", problems),
        services=choices(values("service"), Service, "a service", problems),
        **steps,
        sort=next(iter(choices(values("sort"), Sort, "an order", problems)), None),
        **place(values("page"), values("after"), problems),
        is_as_typed=values("exact")[:1] == ["1"],
        problems=tuple(problems),
    )


def _radius(given: list[str], unit: str, problems: list[str]) -> Radius:
    """The unit may also follow the amount, as in older addresses."""
    text = (given[0] if given else "").strip().lower()
    if not text:
        return Radius(unit=unit)
    found = re.fullmatch(r"([0-9]{1,5}(?:\.[0-9]{1,3})?)\s*(km|mi)?", text)
    if found and 0 < float(found[1]) <= FARTHEST:
        return Radius(float(found[1]), found[2] or unit)
    problems.append(f"“{short(text)}” is not a distance up to {FARTHEST} km; 50 km was taken.")
    return Radius()


def _unit(given: list[str], problems: list[str]) -> str:
    text = (given[0] if given else "").strip().lower()
    if text and text not in UNITS:
        problems.append(f"“{short(text)}” is not a unit here: km or mi; km was taken.")
    return text if text in UNITS else "km"


def _country(given: list[str], problems: list[str]) -> str:
    text = line(given)
    code = country_code(text) if text else ""
    if code is None and not is_readable():
        if CODE.fullmatch(text):
            return text.upper()
        problems.append(f"{UNREADABLE}, so “{short(text)}” was left out.")
    elif code is None:
        problems.append(f"“{short(text)}” is not a country we know, so it was left out.")
    return code or ""
