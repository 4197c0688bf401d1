"""Chips narrow by type and service, and say how many they leave."""

import pytest
from bs4 import BeautifulSoup, Tag

from portal.directory.models import Service, StudioType
from tests.directory.pages.studios import BRISTOL, make_studio
from tests.directory.pages.test_search import found
from tests.support.pages import PageClient, words


@pytest.fixture(autouse=True)
def studios(site: object) -> None:
    make_studio("A", types=(StudioType.HOME,), services=(Service.ZOOM, Service.ISDN))
    make_studio("B", types=(StudioType.HOME, StudioType.PODCAST), services=(Service.ZOOM,))
    make_studio("C", types=(StudioType.PODCAST,), at=BRISTOL, city="Bristol")


def chips(page: BeautifulSoup, label: str) -> dict[str, Tag]:
    return {words(chip): chip for chip in page.select(f"nav[aria-label={label}] a")}


def test_each_chip_says_how_many_it_leaves(reader: PageClient):
    page = reader.page("/studios")
    assert set(chips(page, "Types")) == {"Home 2", "Podcast 2"}
    assert set(chips(page, "Services")) == {"Zoom 2", "ISDN 1"}


def test_every_chip_keeps_its_promise(reader: PageClient):
    page = reader.page("/studios")
    for label in ("Types", "Services"):
        for text, chip in chips(page, label).items():
            assert len(found(reader, chip["href"])) == int(text.split()[-1])


def test_filters_add_up(reader: PageClient):
    assert found(reader, "/studios?type=home&type=podcast") == ["B"]
    assert found(reader, "/studios?type=home&service=ISDN") == ["A"]
    page = reader.page("/studios?type=home&service=ISDN")
    assert set(chips(page, "Services")) == {"ISDN", "Zoom 1"}


def test_a_chip_that_is_on_takes_itself_off_and_keeps_the_rest(reader: PageClient):
    page = reader.page("/studios?q=a&type=home&service=ISDN&near=London")
    chip = chips(page, "Types")["Home"]
    assert chip["aria-current"] == "true"
    assert chip["href"] == "/studios?q=a&near=London&service=ISDN"


def test_a_chip_with_nothing_left_stays_to_be_taken_off(reader: PageClient):
    page = reader.page("/studios?type=voice-over&service=ISDN")
    assert "Voice-over" in chips(page, "Types")
    assert "No studio matches all of this" in words(page)


def test_counts_follow_words_and_place(reader: PageClient):
    page = reader.page("/studios?near=bristol")
    assert set(chips(page, "Types")) == {"Podcast 1"}
    assert not chips(page, "Services")


def test_searching_again_keeps_the_filters(reader: PageClient):
    form = reader.page("/studios?type=home&service=ISDN").select_one("form[role=search]")
    kept = {(field["name"], field["value"]) for field in form.select("input[type=hidden]")}
    assert kept == {("type", "home"), ("service", "ISDN")}
