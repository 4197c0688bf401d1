"""A search that finds nothing offers what leads on."""

import pytest

from portal.directory.models import Service
from portal.directory.search.offers import offers
from portal.directory.search.search_query import Wish
from tests.directory.pages.studios import make_studio
from tests.directory.pages.test_filters import chips
from tests.support.pages import PageClient, words


@pytest.mark.parametrize(
    ("typed", "unknown", "offered"),
    [
        (
            "cheapest voice over in london",
            ("cheapest",),
            [{"q": "voice over in london"}, {"q": "voice over", "near": "london"}],
        ),
        (
            "voice over in Seville",
            ("seville",),
            [{"q": "voice over", "near": "Seville"}, {"q": "voice over"}],
        ),
        ("scotland", ("scotland",), [{"near": "scotland"}]),
        ("BS1 4QA", ("bs1", "4qa"), [{"near": "BS1 4QA"}]),
        ("zither quartet", ("zither", "quartet"), []),
        ("u87 isdn", (), []),
    ],
)
def test_fewer_words_or_the_place_among_them(
    typed: str, unknown: tuple[str, ...], offered: list[dict[str, str]]
):
    assert [each.wish.parameters() for each in offers(Wish(q=typed), unknown)] == offered


def test_the_page_offers_it_and_keeps_the_filters(reader: PageClient):
    make_studio("Thames", services=(Service.ZOOM,), connection5=True, connection9=True)
    page = reader.page("/studios?q=zither in Seville&service=Zoom")
    assert "No studio matches all of this" in words(page)
    hrefs = {words(link): link["href"] for link in page.select(".empty a")}
    assert (
        hrefs["Search around Seville for “zither”"] == "/studios?q=zither&near=Seville&service=Zoom"
    )
    assert {"Search without filters", "Show all studios"} <= set(hrefs)


def test_without_the_index_a_search_by_words_says_that_it_is_prepared(reader: PageClient):
    make_studio("Thames")
    assert "The search is being prepared" in words(reader.page("/studios?q=thames"))
    assert "The search is being prepared" not in words(reader.page("/studios"))


def test_what_a_service_finds_is_not_offered_again_as_a_way_to_connect(reader: PageClient):
    make_studio("Thames", services=(Service.ZOOM,), connection5=True, connection9=True)
    make_studio("Avon", connection1=True)
    page = reader.page("/studios")
    assert set(chips(page, "Services")) == {"Zoom 1"}
    ways = {words(each) for each in page.select(".filter-group:first-of-type a, .filters nav a")}
    assert {"Riverside 1", "Source-Connect 1"} <= ways
    assert "Zoom 1" not in ways
    on = reader.page("/studios?connection=Zoom")
    assert any("Zoom" in words(each) for each in on.select(".filters nav a[aria-current]"))
