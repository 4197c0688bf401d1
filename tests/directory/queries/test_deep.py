"""Pages beyond those that have a number: each goes on behind a studio, in every order."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import product

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.core.storage.database import db
from portal.directory.models import StudioProfile
from portal.directory.search import find as search
from portal.directory.search import stretch, values
from portal.directory.search.find import Results, find_studios
from portal.directory.search.marks import FOREIGN, Mark, read_mark
from portal.directory.search.search_query import Sort, Wish
from tests.directory.pages.studios import FOUNDED, make_review, make_studio
from tests.directory.queries.crowd import WAYS, make_crowd, results, searched_by

SEARCHES = [
    *({"sort": sort} for sort in ("relevance", "rating", "newest", "name")),
    {"q": "oak"},
    {"q": "zoom"},
    {"near": "London", "radius": "250"},
    {"near": "London", "radius": "2000", "q": "oak", "sort": "distance"},
]
READ_ON = [
    *(("index", sort) for sort in ("relevance", "rating", "newest", "name")),
    ("python", "rating"),
]


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "PAGE", 4)
    for module in (search, stretch, values):
        monkeypatch.setattr(module, "MOST_PAGES", 2)


def names(found: Results) -> list[str]:
    return [card.name for card in found.page.items]


def walk(found: Results, way: str) -> Iterator[Results]:
    """Over the addresses of the pages, as a browser does."""
    yield found
    while wish := getattr(found.links, way):
        found = results(wish.parameters())
        assert found.wish.problems == ()
        yield found


def test_from_the_first_to_the_last_and_back(site: Flask):
    make_crowd(30)
    for way, asked in product(WAYS, SEARCHES):
        with searched_by(way):
            first = results(asked)
            there = list(walk(first, "next"))
            every = [name for page in there for name in names(page)]
            assert len(every) == len(set(every)) == first.page.total > 8, (way, asked)
            assert [page.first for page in there] == list(range(1, len(every) + 1, 4))
            last = find_studios(first.links.last or Wish())
            assert names(last) == every[-4:]
            back = [names(page) for page in walk(last, "previous")]
            assert [name for page in reversed(back) for name in page] == every, (way, asked)
            db.session.rollback()


def test_changes_lose_no_studio_and_show_none_twice(site: Flask):
    """One is added, one removed and one changed while somebody reads on."""
    make_crowd(16, seed=3)
    for at, (way, sort) in enumerate(READ_ON):
        with searched_by(way):
            before = list(walk(results({"sort": sort}), "next"))
            every = [name for page in before for name in names(page)]
            seen = every[:8]
            change(f"Added {at}", changed=every[0], gone=every[-1])
            rest = [
                name
                for each in list(walk(find_studios(behind(before[1])), "next"))
                for name in names(each)
            ]
        met = [name for name in seen + rest if name in every[1:-1]]
        assert met == every[1:-1], (way, sort)


def behind(page: Results) -> Wish:
    assert page.links.next is not None
    return page.links.next


def change(added: str, *, changed: str, gone: str) -> None:
    make_studio(added, age=9, ratings=(5,))
    by_name = {each.name: each for each in db.session.query(StudioProfile)}
    make_review(by_name[changed], rating=1)
    by_name[changed].created_at = FOUNDED - timedelta(days=9)
    by_name[changed].name = f"Z {changed}"
    db.session.delete(by_name[gone])
    db.session.commit()


def test_a_mark_of_another_search_starts_over_and_says_so(site: Flask, client: FlaskClient):
    make_crowd(20)
    mark = list(walk(results({"sort": "name"}), "next"))[2].wish.after
    assert mark is not None
    forged = [
        Mark(mark.of, key, plan=3)
        for key in (("a",), (1,), (1, "b"), ("a", 1, 2), (2**62, 2**62), (1.5, 3), (True, 1))
    ]
    others = [{"sort": "rating"}, {"sort": "name", "q": "oak"}, {"sort": "name", "rates": "1"}]
    for way in WAYS:
        with searched_by(way):
            for other in others:
                found = results({**other, "after": mark.text})
                assert found.wish.problems == (FOREIGN,), (way, other)
                assert names(found) == names(results(other))
            for each in forged:
                for sort in Sort:
                    asked = {"sort": sort.value, "after": each.text}
                    assert client.get("/studios", query_string=asked).status_code == 200
    for broken in ("", "x", "last2", mark.text[:-3], mark.text + "AA", "é", "0" * 5000):
        assert client.get("/studios", query_string={"after": broken}).status_code == 200
        assert read_mark(broken) is None


def test_the_page_has_its_ways_as_links(site: Flask, client: FlaskClient):
    make_crowd(20)
    page = client.page("/studios?sort=name&page=2")
    assert page.select_one("[rel=prev]")["href"] == "/studios?sort=name"
    behind = client.page(page.select_one("[rel=next]")["href"])
    assert "9–12 of 20 studios" in " ".join(behind.get_text().split())
    last = client.page("/studios?sort=name&after=last")
    assert "17–20 of 20 studios" in " ".join(last.get_text().split())
    assert not last.select("[rel=next]")
    assert last.select("[rel=prev]")
