"""Pages say the same without derived tables, with empty ones and with whole ones, in few
statements each time; and nothing is used that is not whole."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.core.storage.database import db
from portal.databases.targets.config import Target
from portal.directory.derived.counts import COUNTS
from portal.directory.index import circles, finding, statements
from portal.directory.models import StudioProfile, StudioStatus
from portal.directory.revisions import WITH_SETS
from tests.directory.derived.conftest import bring_to, fill
from tests.directory.derived.looking import by_hand, whole
from tests.directory.pages.studios import make_studio
from tests.support.databases import change_by_hand, file_of
from tests.web.budgets.counting import counted

MOST = 8
PATHS = (
    *("/", "/studios", "/studios?q=voice", "/studios?near=london&radius=500"),
    *("/studios?sort=rating&page=2", "/studios?near=nowhere", "/studios?type=home&service=Zoom"),
)


def shown(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Each page's words, once it was counted."""
    first = client.page("/studios?sort=rating").select_one("main article a[href]")["href"]
    found = {}
    for path in (*PATHS, str(first)):
        client.get(path)
        with counted(monkeypatch) as asked:
            answer = client.get(path)
        assert answer.status_code == 200, path
        assert len(asked.statements) <= MOST, (path, asked.statements)
        found[path] = answer.get_data(as_text=True)
    return found


def said(page: str) -> list[str]:
    """How many studios were found; their order is the index's own."""
    return re.findall(r"\d+–\d+ of \d+", page)


def test_pages_are_the_same_with_and_without(
    directory: Target, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
):
    before = shown(client, monkeypatch)
    bring_to(directory, WITH_SETS)
    assert shown(client, monkeypatch) == before, "nothing is filled yet"
    fill(directory, batches=4)
    assert whole(directory) == set()
    assert shown(client, monkeypatch) == before, "some of it is filled"
    fill(directory)
    assert whole(directory) == {"ratings", "counts", "search"}
    after = shown(client, monkeypatch)
    assert after["/"] == before["/"], "all of it is filled"
    assert {path: said(page) for path, page in after.items()} == {
        path: said(page) for path, page in before.items()
    }


CORRECTED = "q=crimosnpier+oathuose"
AT_MOST_EIGHT = (
    *(f"/studios?{CORRECTED}", f"/studios?{CORRECTED}&near=Far+Away", "/studios?near=ZE3+4QA"),
    *("/studios?near=ZE3+4QA&q=crimsonpire", "/studios?near=far+aw&q=crimsonpire&connection=zoom"),
    *(
        "/studios?near=ZE9+9ZZ",
        "/studios?near=Lodnon",
        "/studios?near=cambridge",
        "/studios?q=wien",
    ),
    *(
        f"/studios?q=studio&near=London&radius=900&sort={order}"
        for order in ("relevance", "rating", "newest", "distance", "name")
    ),
    *("/studios?after=last", "/studios?near=London&radius=900&rates=1&after=last&sort=distance"),
)


@pytest.mark.parametrize("most", [10_000, 1])
def test_no_search_asks_more_than_eight(
    kept: Target, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, most: int
):
    """Corrected, around a place that only studios name, at a postcode, with more studios than are
    counted exactly, with wide squares at a circle's edge and finer ones looked
    for, in any combination."""
    for name in ("Crimsonpier Oathouse", "Crimsonpier Sound"):
        shown = {"show_address": True, "full_address": "1 High Street, ZE3 4QA"}
        make_studio(name, at=(55.9, -20.1), city="Far Away", connection5=True, **shown)
    for module in (finding, statements):
        monkeypatch.setattr(module, "MOST", most)
    if most == 1:
        monkeypatch.setattr(circles, "ROWS", 1)
        monkeypatch.setattr(statements, "FEW", 0.5)
    client.get("/studios")
    asked_too_much, found = {}, set()
    for path in AT_MOST_EIGHT:
        with counted(monkeypatch) as asked:
            page = client.page(path)
        found |= {path} if page.select(".studio-card") else set()
        if len(asked.statements) > MOST:
            asked_too_much[path] = asked.statements
    assert asked_too_much == {}
    assert len(found) >= 7, found


HANDS = {
    "another rule": "UPDATE derived_state SET rule = 99",
    "not whole": "UPDATE derived_state SET is_whole = false",
    "no state": "DELETE FROM derived_state",
    "a table gone": "DROP TABLE derived_counts",
    "all gone": "DROP TABLE derived_state",
}


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_only_what_is_whole_by_this_releases_rule_is_used(kept: Target, client: FlaskClient):
    right = client.get("/").text
    by_hand(kept, "UPDATE derived_counts SET studios = 4711 WHERE kind = 'listed'")
    assert "4,711 studios" in client.get("/").text, "it is used while it is whole"
    for what in HANDS.values():
        change_by_hand(file_of(kept), what)
        assert client.get("/").text == right, what
        if "DROP" not in what and "DELETE" not in what:
            whole_again = f"UPDATE derived_state SET rule = {COUNTS.rule}, is_whole = true"
            change_by_hand(file_of(kept), whole_again)
            assert "4,711 studios" in client.get("/").text


def test_a_studio_that_is_featured_or_no_longer_is_so_at_once(kept: Target, client: FlaskClient):
    def featured() -> list[str]:
        return [str(link["href"]) for link in client.page("/").select(".studio-card h3 a")]

    before = featured()
    for flag in ("is_featured", "is_spotlight"):
        studio = db.session.scalars(
            select(StudioProfile).where(
                StudioProfile.status == StudioStatus.ACTIVE,
                StudioProfile.is_profile_visible,
                ~StudioProfile.is_featured,
                ~StudioProfile.is_spotlight,
            )
        ).first()
        assert studio is not None
        others = db.session.scalars(select(StudioProfile)).all()
        were = {each: (each.is_featured, each.is_spotlight) for each in others}
        for each in others:
            each.is_featured = each.is_spotlight = False
        setattr(studio, flag, True)
        number = studio.id
        db.session.commit()
        assert [href.endswith(f"-{number}") for href in featured()] == [True], flag
        for each, flags in were.items():
            each.is_featured, each.is_spotlight = flags
        db.session.commit()
        assert featured() == before
    assert whole(kept) == {"ratings", "counts", "search", "admin"}
