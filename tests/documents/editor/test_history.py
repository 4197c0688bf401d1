"""Versions, comparison and patch."""

import pytest

from tests.documents.conftest import put
from tests.documents.editor.conftest import TEXT, published_text


@pytest.fixture
def report(shipped, omar, ana):
    """Shipped, then published twice."""
    put(shipped, "outage", "# Search\n\nIt was slow.\n")
    published_text(omar, "# Search\n\nIt was very slow.\n", note="stronger")
    published_text(ana, "# Search\n\nIt was very slow at noon.\n")


def test_each_version_is_listed_with_who_and_why(browser, report):
    page = browser.page("/ops/incidents/outage/versions")
    rows = [row.get_text(" ", strip=True) for row in page.find("tbody").find_all("tr")]
    assert len(rows) == 2
    assert rows[0].startswith("version 2 shown")
    assert "Ana" in rows[0]
    assert "Omar" in rows[1]
    assert "stronger" in rows[1]


def test_a_text_that_was_never_published_says_so(browser, shipped):
    put(shipped, "outage", TEXT)
    page = browser.page("/ops/incidents/outage/versions").get_text()
    assert "Nothing was published here" in page
    assert browser.get("/ops/incidents/outage/comparison").status_code == 404


def test_a_version_is_shown_as_it_was_written(browser, report):
    page = browser.page("/ops/incidents/outage/versions/1")
    assert "It was very slow.\n" in page.find("pre").get_text()
    assert "stronger" in page.get_text()


@pytest.mark.parametrize("number", ["0", "3", "99999999"])
def test_there_is_no_other_version(browser, report, number):
    assert browser.get(f"/ops/incidents/outage/versions/{number}").status_code == 404


def signs(page):
    rows = page.find(class_="diff").find("tbody").find_all("tr")
    return [(row["class"][0], row.find_all("td")[-1].get_text()) for row in rows]


def test_the_newest_is_held_against_the_one_before_it(browser, report):
    found = signs(browser.page("/ops/incidents/outage/comparison"))
    assert ("diff-removed", "It was very slow.") in found
    assert ("diff-added", "It was very slow at noon.") in found


def test_what_was_published_is_held_against_what_was_shipped(browser, report):
    page = browser.page("/ops/incidents/outage/comparison?old=shipped&new=2")
    assert ("diff-removed", "It was slow.") in signs(page)
    assert [tag.get_text() for tag in page.find_all("ins")] == ["very ", " at noon"]


def test_a_change_is_read_without_colour(browser, report):
    """A sign, a word for those who hear the page, and marks of the words."""
    page = browser.page("/ops/incidents/outage/comparison")
    row = page.find(class_="diff-added")
    assert row.find(class_="diff-sign").get_text(" ", strip=True) == "+ added"
    assert row.find("ins")
    assert (
        page.find(class_="diff-removed").find(class_="diff-sign").get_text(" ", strip=True)
        == "− removed"
    )


def test_a_change_by_hand_is_a_side_of_its_own(browser, report, published):
    put(published, "outage", "# By hand\n")
    page = browser.page("/ops/incidents/outage/comparison")
    assert ("diff-added", "# By hand") in signs(page)
    assert "changed by hand" in browser.page("/ops/incidents/outage/versions").get_text()


@pytest.mark.parametrize("query", ["old=7", "new=x", "old=published", "old=../secret", "new=-1"])
def test_there_is_no_other_side(browser, report, query):
    assert browser.get(f"/ops/incidents/outage/comparison?{query}").status_code == 404


def test_a_hostile_text_is_compared_as_text(browser, omar):
    published_text(omar, "# a\n\n<script>alert(1)</script>\n")
    published_text(omar, "# a\n\n<script>alert(2)</script>{{ 7*7 }}\n")
    page = browser.page("/ops/incidents/outage/comparison")
    assert "{{ 7*7 }}" in page.get_text()
    assert all(script.get("src") for script in page.find_all("script"))


def test_the_patch_is_downloaded(browser, report):
    answer = browser.get("/ops/incidents/outage/changes.patch")
    assert answer.mimetype == "text/x-patch"
    assert answer.headers["Content-Disposition"] == "attachment; filename=outage.patch"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "+It was very slow at noon.\n" in answer.text
    assert "--- a/incidents/outage.md\n" in answer.text


def test_one_patch_holds_all(browser, report, omar):
    published_text(omar, "# Another\n", "another")
    text = browser.get("/ops/incidents/changes.patch").text
    assert text.count("diff --git") == 2


def test_where_the_repository_says_the_same_there_is_no_patch(browser, shipped):
    put(shipped, "outage", TEXT)
    assert browser.get("/ops/incidents/outage/changes.patch").status_code == 409
    assert browser.get("/ops/incidents/changes.patch").status_code == 409
