"""Filters as links: the number of results of each, and the search it links to."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

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
Counts = Mapping[Facet, int]
LeadsTo = Callable[[], Wish]


@dataclass(frozen=True)
class Chip:
    """A filter and the number of studios that it leaves. `is_more`: it leaves more than `count`.

    `leads_to` makes the search that a click asks for: most filters of a page are never shown.
    """

    label: str
    count: int
    is_on: bool
    leads_to: LeadsTo
    is_more: bool = False

    @property
    def wish(self) -> Wish:
        return self.leads_to()


@dataclass(frozen=True)
class Group:
    label: str
    chips: list[Chip]


@dataclass(frozen=True)
class Filters:
    """`more` are filters that the page folds unless one of them is on."""

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
    counted = Counter(counts)
    asked, wish = set(wish.facets), wish.on_page(1)

    def chip(label: str, facet: Facet, leads_to: LeadsTo) -> Chip:
        count = counted[facet]
        is_more = most is not None and count > most
        return Chip(label, most or 0 if is_more else count, facet in asked, leads_to, is_more)

    types = [
        chip(capitalize_first(each.value), (TYPE, each.value), partial(wish.with_type, each))
        for each in StudioType
    ]
    services = [
        chip(each.value, (SERVICE, each.value), partial(wish.with_service, each))
        for each in Service
    ]
    offered = {(each.label, each.count) for each in services}
    every = [
        chip(each, (CONNECTION, each), partial(wish.with_connection, each)) for each in CONNECTIONS
    ]
    ways = [each for each in every if each.is_on or (each.label, each.count) not in offered]
    rates, reviews, verified, pictures = (_steps(wish, *each, chip) for each in (*MORE, *ALONE))
    more = [
        Group("How to connect", _shown(ways)),
        Group("Rates", rates),
        Group("Trust", [*verified, *reviews, *pictures]),
    ]
    return Filters(
        Group("Types", _shown(types)),
        Group("Services", _shown(services)),
        [group for group in more if group.chips],
    )


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
    chip: Callable[[str, Facet, LeadsTo], Chip],
) -> list[Chip]:
    """The active step, so that it can be removed, and the narrower ones."""
    on, steps = wish.step(name), STEPS[name]
    found = [
        chip(
            any_ if value == ANY else more.format(value),
            step_facet(name, value),
            partial(wish.with_step, name, "" if value == on else value),
        )
        for value in steps[steps.index(on) if on else 0 :]
    ]
    return [each for each in found if each.count or each.is_on]
