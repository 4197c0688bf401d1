"""Lists longer than a page: of reports, for staff and for clients, filtered over all of them."""

import pytest

from portal.documents.document import read_document
from portal.documents.folders import folder as folders
from tests.support.cast import log_in
from tests.support.pages import words

MANY = 120


@pytest.fixture
def many(folder):
    """Newest first: Report 119 to Report 000. Every third is for clients, the last found is odd."""
    for number in range(MANY):
        readers = "clients" if number % 2 else "internal"
        day = f"2026-{1 + number // 28:02}-{1 + number % 28:02}"
        head = f"title: Report {number:03}\ndate: {day}\nstatus: resolved\naudience: {readers}"
        text = "A zither." if number == 1 else "A fuse."
        (folder / f"r{number:03}.md").write_text(f"---\n{head}\n---\n{text}\n")


@pytest.fixture
def parsed(monkeypatch):
    names = []

    def noted(path, root):
        names.append(path.name)
        return read_document(path, root)

    monkeypatch.setattr(folders, "read_document", noted)
    return names


def titles(page, selector):
    return [words(each) for each in page.select(selector)]


def test_a_client_turns_pages_and_sees_only_what_is_for_them(client, cleo, many, parsed):
    log_in(client, cleo)
    first, second = client.page("/client"), client.page("/client?page=2")
    seen = [titles(page, ".letters h2") for page in (first, second)]
    assert [len(each) for each in seen] == [50, 10]
    assert sum(seen, []) == [f"Report {number:03}" for number in range(119, 0, -2)]
    pages = first.select_one("nav.pagination")
    assert pages["aria-label"] == "Pages"
    assert "Page 1 of 2, 60 reports" in words(pages)
    assert pages.select_one("a[rel=next]")["href"] == "/client?page=2"
    assert len(parsed) == MANY


def test_no_report_is_parsed_again_and_the_search_goes_over_all_pages(browser, many, parsed):
    assert len(titles(browser.page("/ops/incidents"), ".incident-title")) == 25
    parsed.clear()
    assert titles(browser.page("/ops/incidents?q=zither"), ".incident-title") == ["Report 001"]
    page = browser.page("/ops/incidents?audience=clients&page=3")
    assert len(titles(page, ".incident-title")) == 10
    assert "audience=clients" in page.select_one("a[rel=prev]")["href"]
    assert parsed == []


@pytest.mark.parametrize("page", ["0", "-1", "99", "x", "999999"])
def test_a_page_that_is_not_there_is_the_nearest_one(client, cleo, many, page):
    log_in(client, cleo)
    found = titles(client.page(f"/client?page={page}"), ".letters h2")
    assert found[0] == ("Report 019" if page.startswith("99") else "Report 119")


def test_home_names_some_incidents_that_are_not_over_and_counts_the_others(browser, folder):
    for number in range(30):
        (folder / f"r{number}.md").write_text(f"---\nstatus: investigating\n---\n# R {number}\n")
    said = words(browser.page("/ops").main)
    assert said.count("is not over:") == 10
    assert "20 more incidents are not over." in said
