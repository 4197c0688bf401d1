"""The search answered by its index: numbers that hold, order, corrections, and nothing hidden."""

import re
from itertools import product
from random import Random

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict

from portal.core.storage.database import db
from portal.databases.engines import engine_for
from portal.databases.targets.config import Target
from portal.directory.index import finding, statements
from portal.directory.search import find
from portal.directory.search.chips import Chip
from portal.directory.search.find import Results, find_studios
from portal.directory.search.search_query import Wish, read_wish
from portal.directory.words import index_terms
from tests.directory.derived.looking import differing
from tests.directory.pages.studios import LONDON, make_studio
from tests.directory.queries.crowd import click

FAR = (55.9, -20.1)
ASKED = (
    *({}, {"q": "voice"}, {"q": "studio"}, {"q": "recording zoom"}, {"type": "home"}),
    *({"near": "London", "radius": "900"}, {"near": "London", "q": "voice", "radius": "2000"}),
    *({"country": "GB"}, {"q": "voice", "sort": "newest"}, {"sort": "rating", "service": "Zoom"}),
)


def results(**asked: str) -> Results:
    return find_studios(read_wish(MultiDict(asked).getlist))


def clicked(wish: Wish) -> int:
    return find_studios(wish).page.total


def chips(found: Results) -> list[Chip]:
    return found.filters.every


def test_a_chip_says_what_its_click_shows(kept: Target, app: Flask):
    """Of every search above, and of what two more clicks lead to."""
    chance, wrong = Random(1), []
    for asked in ASKED:
        found = results(**asked)
        assert found.is_from_index
        for _ in range(3):
            wrong += [
                (found.wish.parameters(), chip.label)
                for chip in chance.sample(chips(found), min(4, len(chips(found))))
                if not chip.is_on and clicked(click(found, chip)) != chip.count
            ]
            if not (more := [chip for chip in chips(found) if not chip.is_on]):
                break
            found = find_studios(click(found, chance.choice(more)))
    assert wrong == []


def test_numbers_beyond_the_most_are_said_to_be_more(kept: Target, app: Flask, client: FlaskClient):
    before = results()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(statements, "MOST", 3)
        patched.setattr(finding, "MOST", 3)
        page = client.get("/studios").text
        found = results()
        assert (found.page.total, found.has_more) == (3, True)
        assert "of 3+ studios" in " ".join(page.split())
        assert all(chip.count <= 4 for chip in chips(found))
    assert not before.has_more


def test_every_studio_is_on_one_page_in_every_order(
    kept: Target, app: Flask, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(find, "PAGE", 8)
    for n in range(12):
        make_studio(f"Oak {n:02}", at=LONDON, ratings=(1 + n % 5,))
    every = {each.page.total for each in (results(), results(sort="name"))}
    assert len(every) == 1
    for asked, sort in product(({}, {"q": "oak"}), ("relevance", "rating", "newest", "name")):
        first = results(**asked, sort=sort)
        seen = [card.slug for card in first.page.items]
        for number in range(2, first.page.pages + 1):
            seen += [c.slug for c in results(**asked, sort=sort, page=str(number)).page.items]
        assert len(seen) == len(set(seen)) == first.page.total, (asked, sort)


def test_a_typing_error_is_corrected_and_said(kept: Target, app: Flask, client: FlaskClient):
    make_studio("Crimsonpier Sound")
    page = client.page("/studios?q=crimosnpier")
    told = page.select_one(".correction")
    assert "No studio has “crimosnpier”" in told.get_text()
    assert [each.get_text() for each in page.select("main article h2")] == ["Crimsonpier Sound"]
    as_typed = client.page(told.select_one("a")["href"])
    assert not as_typed.select("main article h2")
    assert not as_typed.select(".correction")


def test_words_that_are_hidden_are_not_in_the_index(kept: Target, app: Flask):
    make_studio(
        "Plain",
        full_address="9 Quixotic Lane, Zembla BS1 4QA",
        show_address=False,
        phone="0117 4960001",
        is_profile_visible=True,
    )
    make_studio("Invisible", about="Xylographic", is_profile_visible=False)
    with engine_for(kept.url).reading() as connection:
        stood = " ".join(
            map(str, connection.exec_driver_sql("SELECT terms FROM derived_search_text"))
        )
    for word in ("quixotic", "zembla", "bs14qa", "4960001", "xylographic"):
        assert word not in stood
    assert differing(kept) == {}


@pytest.mark.parametrize(
    "name", ["Студия Звук", "録音スタジオ", "Ünï ﬁt", "a=b'c\"d:*", "_x_ & | !"]
)
def test_any_letters_are_found(kept: Target, app: Flask, name: str):
    made = make_studio(name)
    assert results(q=name).page.total >= 1
    assert re.search(rf"-{made.id}$", results(q=name).page.items[0].slug)
    assert differing(kept) == {}
    assert index_terms(name)
    db.session.rollback()


def test_a_postcode_is_known_where_its_address_is_shown(kept: Target, app: Flask):
    shown = make_studio("Shown", at=FAR, full_address="1 High Street, ZE3 4QA", show_address=True)
    make_studio("Hidden", full_address="2 High Street, ZE9 9ZZ", show_address=False)
    for asked in ("ZE3 4QA", "ze3"):
        assert results(near=asked, radius="10").page.items[0].slug.endswith(f"-{shown.id}")
    unknown = results(near="ZE9 9ZZ")
    assert unknown.is_postcode_unknown
    assert "London" in unknown.where.others, "a studio of the same area shows its address"


def test_a_town_that_only_studios_name_is_found(kept: Target, app: Flask):
    made = make_studio("Oak", at=FAR, city="Nether Wallop Parva")
    assert results(near="nether wallop p").page.items[0].slug.endswith(f"-{made.id}")
