"""Results in order, 24 a page, every studio once."""

import pytest

from tests.directory.pages.studios import BRISTOL, LONDON, make_studio
from tests.directory.pages.test_search import found
from tests.support.pages import PageClient, words


@pytest.fixture
def four(site: object) -> None:
    make_studio("Écho", ratings=(5,), age=1)
    make_studio("delta", ratings=(4, 5), age=4)
    make_studio("Bravo", ratings=(5, 5), age=2, at=BRISTOL, city="Bristol")
    make_studio("Alpha", age=3)


@pytest.mark.usefixtures("four")
@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("name", ["Alpha", "Bravo", "delta", "Écho"]),
        ("rating", ["Bravo", "Écho", "delta", "Alpha"]),
        ("newest", ["delta", "Alpha", "Bravo", "Écho"]),
    ],
)
def test_each_order(reader: PageClient, sort: str, order: list[str]):
    assert found(reader, f"/studios?sort={sort}") == order


@pytest.mark.usefixtures("four")
def test_distance_is_the_order_of_a_place_alone(reader: PageClient):
    assert found(reader, "/studios?near=bristol&radius=500")[0] == "Bravo"
    assert found(reader, "/studios?near=london&radius=500&sort=distance")[-1] == "Bravo"


@pytest.mark.usefixtures("four")
def test_distance_without_a_place_falls_back(reader: PageClient):
    assert len(found(reader, "/studios?sort=distance")) == 4


def test_every_studio_is_on_exactly_one_page(reader: PageClient):
    names = {make_studio(f"Studio {number:02}").name for number in range(50)}
    seen = [name for page in (1, 2, 3) for name in found(reader, f"/studios?page={page}")]
    assert [len(found(reader, f"/studios?page={page}")) for page in (1, 2, 3)] == [24, 24, 2]
    assert set(seen) == names
    assert len(seen) == 50


def test_pages_keep_what_was_asked(reader: PageClient):
    for number in range(30):
        make_studio(f"Oak {number}", at=LONDON)
    page = reader.page("/studios?q=oak&near=London&radius=10mi&sort=name")
    assert page.select_one("[rel=next]")["href"] == (
        "/studios?q=oak&near=London&radius=10&unit=mi&sort=name&page=2"
    )
    assert "1–24 of 30 studios within 10 miles of London" in words(page)


def test_a_page_beyond_the_last_is_the_last(reader: PageClient):
    make_studio("Only")
    assert found(reader, "/studios?page=99") == ["Only"]
