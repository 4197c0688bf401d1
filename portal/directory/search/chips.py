"""Filters as links: the number of results of each, and the search it links to."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from portal.directory.facets import (
    ANY,
    CONNECTION,
    PICTURES,
    RATES,
    REVIEWS,
    SERVICE,
    STEPS,
    TYPE,
    VERIFIED,
    Facet,
    step_facet,
)
from portal.directory.formats import capitalize_first
from portal.directory.models import CONNECTIONS, Service, StudioType
from portal.directory.search.search_query import Wish

MORE = ((RATES, "Rates shown", "Up to £{} an hour"), (REVIEWS, "Reviewed", "{} reviews or more"))
ALONE = ((VERIFIED, "Verified", ""), (PICTURES, "With pictures", ""))
NAMES = {TYPE: "type", SERVICE: "service", CONNECTION: "connection"}
"""Of the parameters that ask for them."""
_TYPES = [(each.value, capitalize_first(each.value)) for each in StudioType]
_SERVICES = [(each.value, each.value) for each in Service]
_CONNECTIONS = [(each, each) for each in CONNECTIONS]
Counts = Mapping[Facet, int]


@dataclass(frozen=True)
class Chip:
    """A filter and the number of studios that it leaves. `is_more`: it leaves more than `count`.

    A click asks for the same search with `asks`: a parameter and its values.
    """

    label: str
    count: int
    is_on: bool
    asks: tuple[str, tuple[str, ...]]
    is_more: bool = False


@dataclass(frozen=True)
class Group:
    label: str
    chips: list[Chip]


@dataclass(frozen=True)
class Filters:
    """`more` are filters that the page folds unless one of them is on; `wish` is the search whose
    filters they are, at its first page."""

    wish: Wish
    types: Group
    services: Group
    more: list[Group]

    @property
    def on(self) -> list[Chip]:
        return [chip for group in self.more for chip in group.chips if chip.is_on]

    @property
    def every(self) -> list[Chip]:
        return [c for group in (self.types, self.services, *self.more) for c in group.chips]


def filters_of(wish: Wish, counts: Counts, *, most: int | None = None) -> Filters:
    """`most`: the limit up to which the counts are exact. A way to connect that finds the studios
    of the service of its name is offered once, as the service."""
    asked, wish = set(wish.facets), wish.on_page(1)

    def chip(label: str, facet: Facet, name: str, values: tuple[str, ...]) -> Chip:
        count = counts.get(facet, 0)
        is_more = most is not None and count > most
        return Chip(label, most or 0 if is_more else count, facet in asked, (name, values), is_more)

    def chips(kind: str, on: Sequence[str], every: Iterable[tuple[str, str]]) -> list[Chip]:
        name = NAMES[kind]
        return [chip(text, (kind, each), name, _toggled(on, each)) for each, text in every]

    services = chips(SERVICE, wish.services, _SERVICES)
    offered = {(each.label, each.count) for each in services}
    connections = chips(CONNECTION, wish.connections, _CONNECTIONS)
    ways = [each for each in connections if each.is_on or (each.label, each.count) not in offered]
    rates, reviews, verified, pictures = (_steps(wish, *each, chip) for each in (*MORE, *ALONE))
    more = [
        Group("How to connect", _shown(ways)),
        Group("Rates", rates),
        Group("Trust", [*verified, *reviews, *pictures]),
    ]
    return Filters(
        wish,
        Group("Types", _shown(chips(TYPE, wish.types, _TYPES))),
        Group("Services", _shown(services)),
        [group for group in more if group.chips],
    )


def _toggled(values: Sequence[str], value: str) -> tuple[str, ...]:
    rest = tuple(each for each in values if each != value)
    return rest if value in values else (*rest, value)


def _shown(chips: Iterable[Chip]) -> list[Chip]:
    """Filters with results, highest count first; active ones come first and always stay, so that
    they can be removed."""
    left = [each for each in chips if each.count or each.is_on]
    return sorted(left, key=lambda each: (not each.is_on, -each.count))


def _steps(
    wish: Wish,
    name: str,
    any_: str,
    more: str,
    chip: Callable[[str, Facet, str, tuple[str, ...]], Chip],
) -> list[Chip]:
    """The active step, so that it can be removed, and the narrower ones."""
    on, steps = wish.step(name), STEPS[name]
    found = [
        chip(
            any_ if value == ANY else more.format(value),
            step_facet(name, value),
            name,
            () if value == on else (value,),
        )
        for value in steps[steps.index(on) if on else 0 :]
    ]
    return [each for each in found if each.count or each.is_on]
