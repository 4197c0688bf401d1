"""The facets that studios are filtered by: types, services, connections, rates, reviews and others.

One rule for the index and for the search without it: a studio has a facet if its page shows it.
"""

from collections.abc import Collection
from typing import Any

from portal.directory.models import CONNECTIONS, Service, StudioType

TYPE, SERVICE, CONNECTION, FLAG = "t", "s", "c", "e"
VERIFIED, PICTURES, RATES, REVIEWS = "verified", "pictures", "rates", "reviews"
ANY = "1"
STEPS: dict[str, tuple[str, ...]] = {
    RATES: (ANY, "150", "100", "75", "50"),
    VERIFIED: (ANY,),
    REVIEWS: (ANY, "3", "5", "10"),
    PICTURES: (ANY,),
}
"""The values of each parameter, widest first: each includes those after it. Rates are the maximum
in pounds an hour, of studios that show them; reviews are a minimum. `ANY` means shown rates, one
review, one picture."""
Facet = tuple[str, str]


def step_facet(name: str, value: str) -> Facet:
    return FLAG, name if value == ANY else f"{name}{value}"


def facets() -> list[Facet]:
    """In the order of their bits in the index: append new ones and increase the index's rule."""
    return [
        *((TYPE, each.value) for each in StudioType),
        *((SERVICE, each.value) for each in Service),
        *((CONNECTION, each) for each in CONNECTIONS),
        *((FLAG, each) for each in (VERIFIED, PICTURES, RATES, REVIEWS)),
        *(step_facet(RATES, each) for each in STEPS[RATES][1:]),
        *(step_facet(REVIEWS, each) for each in STEPS[REVIEWS][1:]),
    ]


def facets_of(
    row: Any, *, types: Collection[str], services: Collection[str], pictures: int, reviews: int
) -> frozenset[Facet]:
    """The facets of a studio, from its row and related rows. Connections are services and ticked
    options, as the studio's page lists both together."""
    ticked = {name for at, name in enumerate(CONNECTIONS, 1) if getattr(row, f"connection{at}")}
    return frozenset(
        {
            *((TYPE, each) for each in types),
            *((SERVICE, each) for each in services),
            *((CONNECTION, each) for each in CONNECTIONS if each in ticked or each in services),
            *([(FLAG, VERIFIED)] if row.is_verified else ()),
            *([(FLAG, PICTURES)] if pictures else ()),
            *_rates(row),
            *(step_facet(REVIEWS, each) for each in STEPS[REVIEWS] if reviews >= int(each)),
        }
    )


def _rates(row: Any) -> list[Facet]:
    """None if rates are hidden; only an hourly rate has an amount."""
    tiers = (row.rate_tier_1, row.rate_tier_2, row.rate_tier_3)
    if not row.show_rates or all(each is None for each in tiers):
        return []
    hour = row.rate_tier_3
    within = [each for each in STEPS[RATES][1:] if hour is not None and hour <= int(each)]
    return [step_facet(RATES, each) for each in (ANY, *within)]
