"""A place that is known, that is one of several, or that nobody knows."""

from urllib.parse import urlencode

import pytest

from portal.directory.models import StudioType
from tests.directory.pages.studios import BRISTOL, LONDON, ZURICH, make_studio
from tests.directory.pages.test_search import found
from tests.support.pages import PageClient, words

COLOGNE, PERTH_WA, PERTH = (50.9375, 6.9603), (-31.9523, 115.8613), (56.395, -3.4308)
CAMBRIDGE, CAMBRIDGE_MA = (52.2053, 0.1218), (42.3751, -71.1056)


@pytest.fixture
def four(site: object) -> None:
    make_studio("Thames", at=LONDON, types=(StudioType.PODCAST,))
    make_studio("Avon", at=BRISTOL, city="Bristol", about="A quiet booth")
    make_studio("Rhine", at=COLOGNE, city="Cologne")
    make_studio("Limmat", at=ZURICH, city="Zürich")


def links(page: object, part: str = ".places a") -> dict[str, str]:
    return {words(link): link["href"] for link in page.select(part)}


@pytest.mark.usefixtures("four")
@pytest.mark.parametrize(
    "near", ["Köln", "koeln", "Cologne", "Cologne, Germany", "cologne DE", "Colonia, Germany"]
)
def test_a_city_is_known_by_each_of_its_latin_names(reader: PageClient, near: str):
    assert found(reader, f"/studios?near={near}") == ["Rhine"]


@pytest.mark.usefixtures("four")
@pytest.mark.parametrize(
    "near",
    [
        *("Londres", "LONDON", "Soho, London", "london uk", "London, GB", "London, U.K."),
        *("in London", "near london", "Lon"),
    ],
)
def test_london(reader: PageClient, near: str):
    assert found(reader, f"/studios?near={near}") == ["Thames"]


@pytest.mark.usefixtures("four")
def test_a_city_without_studios_shows_none_and_no_fault(reader: PageClient):
    page = reader.page("/studios?near=Sydney&country=AU")
    assert "No studio matches all of this" in words(page)
    assert not page.select(".place-fault")


@pytest.mark.usefixtures("four")
@pytest.mark.parametrize(
    ("near", "offered"),
    [
        ("Lodnon", "London, United Kingdom"),
        ("Brsitol", "Bristol, United Kingdom"),
        ("sydnye", "Sydney, New South Wales, Australia"),
        ("ristol", "Bristol, United Kingdom"),
        ("Manchest", "Manchester, United Kingdom"),
        ("Edinborough", "Edinburgh, Scotland, United Kingdom"),
        ("central London", "London, United Kingdom"),
        ("Brighton and Hove", "Hove, United Kingdom"),
        ("Germny", "Germany"),
    ],
)
def test_an_unknown_place_shows_no_studio_and_what_may_be_meant(
    reader: PageClient, near: str, offered: str
):
    page = reader.page(f"/studios?near={near}&type=podcast&q=studio")
    assert not page.select(".studio-card")
    assert f"We don’t know a place called “{near}”" in words(page.select_one(".place-fault"))
    assert offered in links(page)
    assert "type=podcast" in links(page)[offered]
    everywhere = page.select_one(".place-fault a.button")
    assert words(everywhere) == "Search everywhere"
    assert everywhere["href"] == "/studios?q=studio&type=podcast"


@pytest.mark.usefixtures("four")
def test_of_a_region_the_cities_are_offered(reader: PageClient):
    """Also where a town of that name has no studios: Ontario in California."""
    page = reader.page("/studios?near=Scotland&q=booth")
    assert not page.select(".studio-card")
    assert words(page.select_one(".place-fault h2")) == "Where in Scotland?"
    assert "q=booth" in links(page)["Edinburgh, Scotland, United Kingdom"]
    page = reader.page("/studios?near=Ontario")
    assert "Which Ontario do you mean?" in words(page.select_one(".place-fault"))
    assert {"Ontario, California, United States", "Toronto, Ontario, Canada"} <= set(links(page))
    page = reader.page("/studios?near=Georgia")
    assert "Atlanta, Georgia, United States" in links(page)


@pytest.mark.usefixtures("four")
@pytest.mark.parametrize("near", ["UK", "u.k.", "England", "Great Britain"])
def test_a_country_by_its_usual_names(reader: PageClient, near: str):
    assert set(found(reader, f"/studios?near={near}")) == {"Thames", "Avon"}
    assert words(reader.page("/studios?near=USA").h1) == "Studios in United States"


def test_of_two_names_for_one_place_none_is_asked_for(reader: PageClient):
    make_studio("Hudson", city="New York", at=(40.73, -74.0))
    assert found(reader, "/studios?near=Manhattan") == ["Hudson"]
    assert found(reader, "/studios?near=N.Y.C.") == ["Hudson"]


def test_others_of_a_name_have_it_themselves(reader: PageClient):
    """Oshkosh was called Athens once."""
    make_studio("Plaka", city="Athens", at=(37.98, 23.73))
    others = links(reader.page("/studios?near=Athens").select_one(".other-places"), "a")
    assert {each.partition(",")[0] for each in others} == {"Athens"}


@pytest.mark.usefixtures("four")
@pytest.mark.parametrize("near", ["Gondolin", "xqzzt", "%", "🎤", "x" * 200, "Köln, Narnia"])
def test_a_place_like_no_other_shows_no_studio_either(reader: PageClient, near: str):
    page = reader.page("/studios?" + urlencode({"near": near}))
    assert not page.select(".studio-card")
    assert page.select_one(".place-fault a.button")["href"] == "/studios"


def test_a_suggestion_leads_to_studios(reader: PageClient):
    make_studio("Far", city="Hebden Bridge", at=(53.7413, -2.0135))
    page = reader.page("/studios?near=Hebdn Bridge")
    assert found(reader, links(page)["Hebden Bridge"]) == ["Far"]


def test_a_town_that_only_the_directory_knows(reader: PageClient):
    make_studio("Far", city="Hebden Bridge", at=(53.7413, -2.0135))
    make_studio("Thames")
    assert found(reader, "/studios?near=Hebden Bridge") == ["Far"]


def test_a_city_whose_studios_have_no_place_is_no_error(reader: PageClient):
    make_studio("Lost", at=None, city="Lostwithiel")
    assert reader.page("/studios?near=Lostwithiel").select(".place-fault")


def test_several_places_of_one_name_are_a_choice(reader: PageClient):
    make_studio("Cam", city="Cambridge", at=CAMBRIDGE)
    make_studio("Charles", city="Cambridge", at=CAMBRIDGE_MA)
    page = reader.page("/studios?near=cambridge&radius=25&unit=mi")
    assert not page.select(".studio-card")
    assert "Which cambridge do you mean?" in words(page.select_one(".place-fault"))
    choice = links(page)
    assert found(reader, choice["Cambridge, United Kingdom"]) == ["Cam"]
    assert found(reader, choice["Cambridge, Massachusetts, United States"]) == ["Charles"]
    assert "radius=25&unit=mi" in choice["Cambridge, United Kingdom"]
    assert found(reader, "/studios?near=cambridge&country=US") == ["Charles"]
    assert found(reader, "/studios?near=cambridge, UK") == ["Cam"]


def test_the_place_that_has_studios_is_meant(reader: PageClient):
    make_studio("Cam", city="Cambridge", at=CAMBRIDGE)
    page = reader.page("/studios?near=cambridge")
    assert [words(name) for name in page.select(".studio-card h2")] == ["Cam"]
    assert "Cambridge, Ontario, Canada" in links(page.select_one(".other-places"), "a")


def test_the_larger_by_far_is_taken_and_the_others_offered(reader: PageClient):
    make_studio("Swan", city="Perth", at=PERTH_WA)
    make_studio("Tay", city="Perth", at=PERTH)
    page = reader.page("/studios?near=Perth")
    assert [words(name) for name in page.select(".studio-card h2")] == ["Swan"]
    others = links(page.select_one(".other-places"), "a")
    assert found(reader, others["Perth, Scotland, United Kingdom"]) == ["Tay"]


@pytest.mark.usefixtures("four")
def test_a_country_is_a_filter_and_may_be_typed_as_a_place(reader: PageClient):
    assert found(reader, "/studios?country=DE") == ["Rhine"]
    assert found(reader, "/studios?country=germany") == ["Rhine"]
    assert found(reader, "/studios?near=Germany") == ["Rhine"]
    assert found(reader, "/studios?near=London&country=GB&radius=300") == ["Thames", "Avon"]
    assert found(reader, "/studios?near=Zurich&country=DE") == []
    page = reader.page("/studios?country=GB&q=booth")
    assert words(page.h1) == "Studios in United Kingdom for “booth”"
    offered = [words(each) for each in page.select("[name=country] option")]
    assert offered == ["Any", "United Kingdom"]


def test_a_postcode_is_known_by_the_studios_that_show_it(reader: PageClient):
    make_studio(
        "Avon",
        at=BRISTOL,
        city="Bristol",
        full_address="1 Quay Street, Bristol BS1 4QA, United Kingdom",
        show_address=True,
        use_coordinates_for_map=True,
    )
    make_studio("Thames", full_address="2 Mill Lane, London SE10 9NN, United Kingdom")
    make_studio(
        "Lime",
        at=LONDON,
        city="London",
        full_address="3 Lime Street, London EC2A 4NE, United Kingdom",
        show_address=True,
        use_coordinates_for_map=True,
    )
    beside = ("Bristol BS1 4QA", "bs1 Bristol", "Bristol, bs14qa")
    for code in ("BS1 4QA", "bs1 4qa", "bs14qa", "BS1", "BS1 9ZZ", *beside):
        page = reader.page(f"/studios?near={code}&radius=20")
        assert [words(name) for name in page.select(".studio-card h2")] == ["Avon"], code
    hidden, unknown = (reader.page(f"/studios?near={code}") for code in ("SE10 9NN", "SE10 9NZ"))
    for page in (hidden, unknown):
        assert not page.select(".studio-card")
        assert "We don’t know the postcode “SE10 9N" in words(page.select_one(".place-fault"))
    near = reader.page("/studios?near=BS9 1AA")
    assert found(reader, links(near)["Bristol"]) == ["Avon"]
    for code, city in (("EC1A 1BB", "London"), ("10115 Berlin", "Berlin"), ("BS9 Bath", "Bath")):
        page = reader.page(f"/studios?near={code}")
        assert "We don’t know the postcode" in words(page.select_one(".place-fault"))
        assert city in links(page)


def test_a_place_with_its_country_is_never_another_one(reader: PageClient):
    make_studio("Cam", city="Cambridge", at=CAMBRIDGE)
    for asked in ("near=Cambridge, Massachusetts", "near=cambridge&country=US"):
        page = reader.page(f"/studios?{asked}")
        assert not page.select(".studio-card")
        assert words(page.h1) != "Studios around cambridge"


def test_a_town_of_a_larger_ones_name_is_where_its_studios_are(reader: PageClient):
    make_studio("Dale", city="Boston", at=(54.4, -1.73))
    assert found(reader, "/studios?near=Boston") == ["Dale"]
    assert found(reader, "/studios?near=Boston, Massachusetts") == []
