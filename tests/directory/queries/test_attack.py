"""What the index answers about a hidden address is the same for every address of its square."""

from dataclasses import replace
from math import cos, radians
from random import Random

import pytest
from flask import Flask

from portal.core.storage.database import db
from portal.directory.geography import KM_PER_DEGREE, Point, distance_km
from portal.directory.index.circles import km_of
from portal.directory.models import StudioProfile
from portal.directory.search import find as search
from portal.directory.search.find import find_studios
from portal.directory.search.location import Location
from portal.directory.search.search_query import Radius, Sort, Wish
from tests.directory.pages.studios import BRISTOL, make_studio
from tests.support.index import fill_index

HIDDEN = {"show_address": False, "use_coordinates_for_map": True, "connection12": True}
CIRCLES = {"sqlite": 200, "postgresql": 30}
"""Both engines answer alike, as other tests show; the second is asked a few."""
SORTS = (Sort.DISTANCE, Sort.RELEVANCE, Sort.NEWEST, None)
Circle = tuple[Point, Radius, Sort | None]


def moved(point: Point, north: float, east: float) -> Point:
    latitude = point.latitude + north / KM_PER_DEGREE
    return Point(latitude, point.longitude + east / KM_PER_DEGREE / cos(radians(latitude)))


def circles(rng: Random, many: int) -> list[Circle]:
    return [
        (
            moved(Point(*BRISTOL), rng.uniform(-15, 15), rng.uniform(-15, 15)),
            Radius(round(rng.uniform(0.3, 25), 3), rng.choice(("km", "mi"))),
            rng.choice(SORTS),
        )
        for _ in range(many)
    ]


def told(circle: Circle, *, is_last: bool = False) -> tuple[object, ...]:
    """All that a page says: names in their order, distances, numbers, links to further pages."""
    centre, radius, sort = circle
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(search, "locate", lambda *_: Location("Here", centre))
        patched.setattr(search, "PAGE", 2)
        found = find_studios(Wish(near="here", radius=radius, sort=sort, is_last=is_last))
        db.session.rollback()
    assert found.is_from_index
    chips = tuple((chip.label, chip.count) for chip in found.filters.every)
    cards = [(card.name, card.distance_km) for card in found.page.items]
    marks = [way.after and way.after.key for way in (found.links.previous, found.links.next) if way]
    return found.page.total, tuple(cards), chips, tuple(marks)


def test_200_circles_tell_no_address_of_a_square_from_another(site: Flask):
    rng = Random(7)
    first = Point(51.4601, -2.5951)
    grid = [moved(first, north / 2, east / 2) for north in range(-9, 10) for east in range(-9, 10)]
    square = [point for point in grid if point.roughly() == first.roughly()]
    second = max(square, key=lambda point: distance_km(first, point))
    assert distance_km(first, second) > 2
    hidden = make_studio("Hidden", at=(first.latitude, first.longitude), city="", **HIDDEN)
    for name, north in (("Near", 3.0), ("Far", -6.0)):
        at = moved(Point(*BRISTOL), north, 1)
        make_studio(name, at=(at.latitude, at.longitude), city="", show_address=True)
    fill_index(db.engine)
    db.session.rollback()
    asked = circles(rng, CIRCLES[db.engine.dialect.name])
    before = [told(each, is_last=at % 2 == 0) for at, each in enumerate(asked)]
    studio = db.session.get(StudioProfile, hidden.id)
    assert studio is not None
    studio.latitude, studio.longitude = second.latitude, second.longitude
    db.session.commit()
    assert [told(each, is_last=at % 2 == 0) for at, each in enumerate(asked)] == before
    assert sum("Hidden" in dict(each[1]) for each in before) > len(asked) / 20


def test_a_mark_holds_the_distance_of_the_point_that_is_shown(site: Flask):
    address = Point(51.4567, -2.6012)
    make_studio("Hidden", at=(address.latitude, address.longitude), city="", **HIDDEN)
    make_studio("Far", at=(51.9, -2.6), city="", show_address=True, use_coordinates_for_map=True)
    fill_index(db.engine)
    db.session.rollback()
    centre = moved(address, 2, 9)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(search, "locate", lambda *_: Location("Here", centre))
        patched.setattr(search, "PAGE", 1)
        wish = Wish(near="here", radius=Radius(100), sort=Sort.DISTANCE)
        last = find_studios(replace(wish, is_last=True))
        first = find_studios(last.links.previous or wish)
    assert [card.name for card in first.page.items] == ["Hidden"]
    mark = first.links.next and first.links.next.after
    assert mark is not None
    assert km_of(mark.key[0]) == pytest.approx(distance_km(centre, address.roughly()), abs=0.001)
    assert distance_km(address, address.roughly()) > 1
