"""Searching by place: a city, a circle around it, distances that give nothing away."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.directory.geography import FARTHEST_KM, Point, distance_km, point_of
from tests.directory.pages.studios import BRISTOL, LONDON, ZURICH, make_studio
from tests.directory.pages.test_search import found
from tests.support.pages import PageClient, words

POINTS = st.builds(Point, st.floats(-90, 90), st.floats(-180, 180))


@pytest.fixture
def three_cities(site: object) -> None:
    make_studio("Thames", at=LONDON)
    make_studio("Avon", at=BRISTOL, city="Bristol")
    make_studio("Limmat", at=ZURICH, city="Zürich")
    make_studio("Nowhere", at=None, city="London")


@pytest.mark.usefixtures("three_cities")
def test_studios_around_a_city_nearest_first(reader: PageClient):
    assert found(reader, "/studios?near=bristol") == ["Avon"]
    assert found(reader, "/studios?near=Bristol&radius=200km") == ["Avon", "Thames"]


@pytest.mark.usefixtures("three_cities")
@pytest.mark.parametrize("asked", ["radius=110&unit=mi", "radius=110mi", "unit=mi&radius=110"])
def test_miles_are_longer_than_kilometres(reader: PageClient, asked: str):
    """London and Bristol are 170 km, 106 miles, apart."""
    assert found(reader, "/studios?near=bristol&radius=110") == ["Avon"]
    page = reader.page(f"/studios?near=bristol&{asked}")
    assert [words(name) for name in page.select(".studio-card h2")] == ["Avon", "Thames"]
    assert re.search(r"10\d mi", words(page.select(".studio-card")[1]))
    assert "within 110 miles of Bristol" in words(page)
    assert page.select_one("[name=unit] [selected]")["value"] == "mi"


@pytest.mark.parametrize("near", ["zurich", "ZÜRICH", "Zür", "Zurich, Switzerland", "Zurich CH"])
@pytest.mark.usefixtures("three_cities")
def test_a_city_is_known_by_how_it_begins_and_without_accents(reader: PageClient, near: str):
    assert found(reader, f"/studios?near={near}") == ["Limmat"]


def test_a_distance_tells_no_more_than_the_rough_place(reader: PageClient):
    """Studios at different doors of one rough square show the same distance to every city."""
    make_studio("Centre", at=BRISTOL, city="Bristol")
    make_studio("Door one", at=(51.4601, -2.5951), city="Here")
    make_studio("Door two", at=(51.4649, -2.5949 - 0.0009), city="Here")
    cards = reader.page("/studios?near=bristol").select(".studio-card")
    shown = [words(card.select_one(".place")).replace("Here ", "") for card in cards[1:]]
    assert shown[0] == shown[1]


def test_coordinates_off_the_globe_are_none():
    assert point_of(91, 0) is None
    assert point_of(0, float("nan")) is None
    assert point_of(None, 0) is None


def test_known_distances():
    """Great circles on a sphere of the earth's mean radius."""
    assert distance_km(Point(*LONDON), Point(*ZURICH)) == pytest.approx(776, rel=0.005)
    assert distance_km(Point(0, 0), Point(0, 180)) == pytest.approx(20015, rel=0.001)


@given(POINTS, POINTS)
def test_a_distance_is_the_same_both_ways_and_never_beyond_half_the_globe(a: Point, b: Point):
    assert distance_km(a, b) == pytest.approx(distance_km(b, a))
    assert 0 <= distance_km(a, b) <= 20016
    assert distance_km(a, a) == 0


@given(st.builds(Point, st.floats(-80, 80), st.floats(-180, 180)))
def test_a_rough_point_is_near_and_never_within_a_kilometre(point: Point):
    assert 1 <= distance_km(point, point.roughly()) <= FARTHEST_KM


@given(POINTS)
def test_a_rough_point_is_on_the_globe(point: Point):
    rough = point.roughly()
    assert point_of(rough.latitude, rough.longitude) == rough
