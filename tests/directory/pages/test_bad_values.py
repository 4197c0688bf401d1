"""A value that can't be read is left out and said in one sentence; an address never fails."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from portal.directory.search.search_query import Radius, Sort, Wish, read_wish
from tests.directory.pages.studios import make_studio
from tests.support.pages import PageClient, words
from tests.support.trials import examples


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("page=0", "“0” is not the number of a page, so this is the first."),
        ("page=-1", "“-1” is not the number of a page"),
        ("page=two", "“two” is not the number of a page"),
        ("page=9999999", "is not the number of a page"),
        ("page=٣", "is not the number of a page"),
        ("radius=far", "“far” is not a distance up to 2000 km; 50 km was taken."),
        ("radius=-5", "is not a distance"),
        ("radius=0", "is not a distance"),
        ("radius=1e9", "is not a distance"),
        ("radius=nan", "is not a distance"),
        ("unit=ells", "“ells” is not a unit here: km or mi; km was taken."),
        ("country=Narnia", "“Narnia” is not a country we know, so it was left out."),
        ("type=castle", "“castle” is not a type of studio here, so it was left out."),
        ("service=Pigeon", "“Pigeon” is not a service here, so it was left out."),
        ("page=51", "Pages have numbers up to 50, so this is the last one that has."),
        ("after=nonsense", "The address of this page is damaged, so this is the first page."),
        ("after=99999999999999999999", "The address of this page is damaged"),
        ("connection=Pigeon", "“Pigeon” is not a way to connect here, so it was left out."),
        ("rates=80", "“80” is no choice for rates (1, or 50, 75, 100 or 150 pounds an hour)"),
        ("reviews=0", "“0” is no choice for reviews (1, 3, 5 or 10), so it was left out."),
        ("verified=maybe", "“maybe” is no choice for verified (1), so it was left out."),
        ("pictures=-1", "“-1” is no choice for pictures (1), so it was left out."),
        ("sort=luck", "“luck” is not an order here, so it was left out."),
        ("type=<script>alert(1)</script>", "“<script>alert(1)</script>” is not a type"),
    ],
)
def test_one_sentence_and_the_rest_goes_on(reader: PageClient, query: str, sentence: str):
    make_studio("Still here")
    page = reader.page(f"/studios?{query}")
    assert sentence in words(page.select_one(".notice"))
    assert len(page.select(".notice")) == 1
    assert "Still here" in words(page)


@settings(
    max_examples=examples(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.dictionaries(
        st.sampled_from(
            [
                *("q", "near", "radius", "unit", "country", "type", "service", "sort", "page"),
                *("connection", "rates", "verified", "reviews", "pictures", "after", "exact"),
            ]
        ),
        st.text(),
    )
)
def test_no_address_fails(reader: PageClient, values: dict[str, str]):
    assert reader.get("/studios", query_string=values).status_code == 200


def test_empty_values_say_nothing():
    wish = read_wish(
        MultiDict.fromkeys(
            ["q", "near", "radius", "unit", "country", "type", "sort", "page"], ""
        ).getlist
    )
    assert wish == Wish()


@given(
    st.text(max_size=20),
    st.text(max_size=20),
    st.sampled_from(list(Sort)),
    st.integers(1, 50),
    st.sampled_from([Radius(25, "mi"), Radius(10, "km"), Radius()]),
)
def test_a_wish_reads_back_what_it_wrote(q, near, sort, page, radius):
    wish = read_wish(
        MultiDict(
            {
                "q": q,
                "near": f"x{near}",
                "sort": sort.value,
                "page": str(page),
                "radius": f"{radius.amount}",
                "unit": radius.unit,
            }
        ).getlist
    )
    assert read_wish(MultiDict(wish.parameters()).getlist) == wish


def test_spelling_of_a_filter_is_forgiven():
    wish = read_wish(
        MultiDict([("service", "zoom"), ("service", " ISDN "), ("service", "Zoom")]).getlist
    )
    assert [service.value for service in wish.services] == ["Zoom", "ISDN"]
