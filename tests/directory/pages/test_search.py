"""Searching by words: all of them, anywhere, without regard to case and accents."""

from urllib.parse import urlencode

import pytest

from portal.directory.models import Service, StudioStatus, StudioType
from tests.directory.pages.conftest import statements
from tests.directory.pages.studios import make_studio
from tests.support.pages import PageClient, words


def found(reader: PageClient, address: str) -> list[str]:
    return [words(name) for name in reader.page(address).select(".studio-card h2")]


@pytest.mark.parametrize(
    "given",
    [
        {"name": "The Larch Room"},
        {"city": "Larchmont"},
        {"short_about": "Behind the larch."},
        {"about": "One\nlarch\nthree"},
        {"description": "A LARCH."},
        {"services_offered": "Larch reading"},
        {"equipment_list": "Neumann\nLarch 47"},
    ],
)
def test_a_word_is_found_in_every_text(reader: PageClient, given: dict[str, str]):
    studio = make_studio(**{"name": "Wanted", **given})
    make_studio("Other")
    assert found(reader, "/studios?q=larch") == [studio.name]


def test_services_types_and_connections_are_words_too(reader: PageClient):
    make_studio("A", services=(Service.SESSION_LINK_PRO,))
    make_studio("B", types=(StudioType.PODCAST,))
    make_studio("C", connection9=True)
    assert found(reader, "/studios?q=session+link") == ["A"]
    assert found(reader, "/studios?q=podcast") == ["B"]
    assert found(reader, "/studios?q=riverside") == ["C"]


def test_all_words_must_match_but_not_in_one_place(reader: PageClient):
    make_studio("Oak House", equipment_list="Neumann U 87")
    make_studio("Oak Barn")
    assert found(reader, "/studios?q=oak+neumann") == ["Oak House"]
    assert found(reader, "/studios?q=oak+neumann+rode") == []


@pytest.mark.parametrize("q", ["zurich", "ZÜRICH", "Zürich", "zu\u0308rich"])
def test_case_and_accents_make_no_difference(reader: PageClient, q: str):
    make_studio("Studio Zürich")
    assert found(reader, f"/studios?q={q}") == ["Studio Zürich"]


@pytest.mark.parametrize("q", ["%", "_", "100%", "/", "\\", "'", '"', "a%b", "*", "?"])
def test_signs_stand_for_themselves(reader: PageClient, q: str):
    make_studio("Plain name")
    wanted = make_studio(f"Sign {q} here")
    assert found(reader, "/studios?" + _query(q=q)) == [wanted.name]


def test_a_hit_in_the_name_comes_before_others(reader: PageClient):
    make_studio("Aardvark", about="We love birch.", ratings=(5, 5, 5), is_featured=True)
    make_studio("Zebra Birch")
    assert found(reader, "/studios?q=birch") == ["Zebra Birch", "Aardvark"]


def test_what_is_not_listed_is_not_found(reader: PageClient):
    for status in StudioStatus:
        make_studio(f"Shown {status.value}", status=status)
        make_studio(f"Hidden {status.value}", status=status, is_profile_visible=False)
    assert found(reader, "/studios") == ["Shown active"]


def test_hidden_columns_are_not_searched(reader: PageClient):
    """Else the search would say what the page does not."""
    make_studio("A", full_address="7 Secret Lane", phone="0123 456", abbreviated_address="Secret")
    for q in ("secret", "lane", "0123", "person", "example.com"):
        assert found(reader, f"/studios?q={q}") == []


def test_nothing_found_offers_a_way_on(reader: PageClient):
    page = reader.page("/studios?q=nothing-like-this")
    assert "No studio matches all of this" in words(page)
    assert page.select_one("main a.button")["href"] == "/studios"


def test_the_heading_says_what_was_asked(reader: PageClient):
    make_studio("Oak House")
    assert words(reader.page("/studios?q=oak&near=london").h1) == "Studios around London for “oak”"


def test_words_that_repeat_or_never_end_are_cut(reader: PageClient):
    make_studio("Oak House")
    assert found(reader, "/studios?" + _query(q="oak " * 5000)) == ["Oak House"]
    assert found(reader, "/studios?" + _query(q="oak\0house")) == ["Oak House"]


def test_a_page_takes_few_statements_however_many_studios(reader: PageClient):
    taken = []
    for _ in range(2):
        for number in range(13):
            make_studio(f"S {number}", types=(StudioType.HOME,), ratings=(4,))
        with statements() as asked:
            reader.page("/studios?q=s&near=london")
        taken.append(len(asked))
    assert taken[0] == taken[1] <= 8


def _query(**values: str) -> str:
    return urlencode(values)
