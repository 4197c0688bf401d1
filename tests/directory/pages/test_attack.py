"""Somebody who draws circles around hidden addresses learns no more than a square of 5 km.

Each attack asks the search as the public may: studios within a radius of a town that is a point of
its own. What it works out is never within a kilometre of the address.
"""

from math import cos, radians
from random import Random

import pytest

from portal.core.storage.database import db
from portal.directory.geography import KM_PER_DEGREE, Point, distance_km
from portal.directory.models import StudioProfile
from portal.directory.search.find import find_studios
from portal.directory.search.search_query import Radius, Wish
from tests.directory.pages.studios import BRISTOL, make_studio
from tests.support.pages import PageClient, words

HIDDEN = {"show_address": False, "use_coordinates_for_map": True}


class Attacker:
    """Stands where it likes: a listed studio of its own, in a town of its own, is its centre."""

    def __init__(self) -> None:
        shown = {"show_address": True, "use_coordinates_for_map": True}
        self.own = make_studio("Attacker", city="Attackers Own Town", at=(0.0, 0.0), **shown)

    def finds(self, centre: Point, km: float, name: str = "Hidden") -> bool:
        studio = db.session.get(StudioProfile, self.own.id)
        assert studio is not None
        studio.latitude, studio.longitude = centre.latitude, centre.longitude
        db.session.commit()
        found = find_studios(Wish(near="Attackers Own Town", radius=Radius(km)))
        return name in {card.name for card in found.page.items}


def moved(point: Point, north: float, east: float) -> Point:
    latitude = point.latitude + north / KM_PER_DEGREE
    return Point(latitude, point.longitude + east / KM_PER_DEGREE / cos(radians(latitude)))


def may_be(point: Point, centre: Point, km: float, inside: bool) -> bool:
    """A grid of a kilometre."""
    distance = distance_km(point, centre)
    return distance <= km + 1 if inside else distance >= km - 1


@pytest.mark.parametrize("place", [BRISTOL], ids=str)
def test_200_random_circles_find_no_hidden_address(site: object, place: tuple[float, float]):
    rng, attacker = Random(str(place)), Attacker()
    address = moved(Point(*place), rng.uniform(-4, 4), rng.uniform(-4, 4))
    make_studio("Hidden", at=(address.latitude, address.longitude), city="", **HIDDEN)
    circles = []
    for _ in range(200):
        centre = moved(Point(*place), rng.uniform(-15, 15), rng.uniform(-15, 15))
        km = rng.uniform(0.5, 25)
        circles.append((centre, km, attacker.finds(centre, km)))
    area = [
        moved(Point(*place), north / 2, east / 2)
        for north in range(-24, 25, 2)
        for east in range(-24, 25, 2)
    ]
    left = [point for point in area if all(may_be(point, *circle) for circle in circles)]
    assert left, "the circles agree with each other"
    middle = Point(
        sum(point.latitude for point in left) / len(left),
        sum(point.longitude for point in left) / len(left),
    )
    assert distance_km(middle, address) > 1


def test_halving_the_radius_finds_the_point_of_the_square_alone(site: object):
    attacker = Attacker()
    address = Point(51.4567, -2.6012)
    make_studio("Hidden", at=(address.latitude, address.longitude), city="", **HIDDEN)
    for centre in (moved(address, 9, 3), moved(address, -4, 8), moved(address, 1, -7)):
        low, high = 0.1, 30.0
        while high - low > 0.01:
            half = (low + high) / 2
            low, high = (low, half) if attacker.finds(centre, half) else (half, high)
        assert high == pytest.approx(distance_km(centre, address.roughly()), abs=0.05)
    assert distance_km(address, address.roughly()) > 1


def test_every_address_of_a_square_answers_alike(site: object, reader: PageClient):
    """Distance, order, circle and map are made of the one point."""
    first, second = Point(51.4601, -2.5951), Point(51.4649, -2.5949)
    assert first.roughly() == second.roughly()
    for name, point in (("One", first), ("Two", second)):
        make_studio(name, at=(point.latitude, point.longitude), city="Here", **HIDDEN)
    make_studio("Centre", at=BRISTOL, city="Bristol")
    cards = reader.page("/studios?near=bristol").select(".studio-card .place")
    shown = {words(card).replace("Here", "") for card in cards if "Here" in words(card)}
    assert len(shown) == 1
