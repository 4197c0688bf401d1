"""A list of runbooks that is longer than a page, and of runs."""

import pytest

from portal.core.clock import now
from portal.core.storage.database import db
from portal.runbooks.format import library
from portal.runbooks.format.parse import read_runbook
from portal.runbooks.models import Run, RunState
from tests.runbooks.conftest import started
from tests.support.pages import words

MANY = 120


@pytest.fixture
def parsed(monkeypatch):
    names = []

    def noted(source, runbook_id):
        names.append(runbook_id)
        return read_runbook(source, runbook_id)

    monkeypatch.setattr(library, "read_runbook", noted)
    return names


@pytest.fixture
def many(write):
    for number in range(MANY):
        action = "```step\naction: nobody.knows\n```\n" if number == 119 else "Do it.\n"
        write(f"# Book {number:03}\n\n## Steps\n\n### Go\n\n{action}", f"part/{number:03}")


def found(page):
    return [words(each) for each in page.select(".runbook-list tbody th a")]


def test_runbooks_are_shown_in_pages_and_parsed_once(browser, many, parsed):
    pages = [browser.page(f"/ops/runbooks?page={number}") for number in (1, 2, 3)]
    assert [len(found(page)) for page in pages] == [50, 50, 20]
    assert sum(map(found, pages), []) == [f"Book {number:03}" for number in range(MANY)]
    assert "Page 2 of 3, 120 runbooks" in words(pages[1].select_one("nav.pagination"))
    assert "There is no action called “nobody.knows”" in words(pages[2].main)
    assert len(parsed) == MANY


def test_the_search_goes_over_all_pages_and_stays_in_the_address(browser, many):
    page = browser.page("/ops/runbooks?q=nobody.knows")
    assert found(page) == ["Book 119"]
    page = browser.page("/ops/runbooks?q=Book")
    assert page.select_one("a[rel=next]")["href"] == "/ops/runbooks?q=Book&page=2"


def test_a_runbook_that_breaks_its_reader_hides_no_other(browser, many, monkeypatch):
    def broken(source, runbook_id):
        if runbook_id == "part/000":
            raise RecursionError
        return read_runbook(source, runbook_id)

    monkeypatch.setattr(library, "read_runbook", broken)
    page = browser.page("/ops/runbooks")
    assert "part/000.md, line 1: the runbook can't be read." in words(page.main)
    assert len(found(page)) == 50


def test_files_that_cannot_be_read_are_counted_beyond_the_first(browser, write):
    for number in range(12):
        write("---\na: [\n---\n", f"bad{number:02}")
    page = browser.page("/ops/runbooks")
    assert len(page.select("p.notice.bad")) == 11
    assert "2 more files can’t be read. flask runbooks lint names" in words(page.main)


def test_past_and_open_runs_have_pages_of_their_own(browser, omar, write):
    write("# One\n")
    for _ in range(60):
        started("book", omar)
    for run in db.session.query(Run).limit(55):
        run.state, run.ended_at = RunState.ABORTED, now()
    for _ in range(60):
        started("book", omar)
    db.session.commit()
    page = browser.page("/ops/runs?open=2&page=2")
    open_runs, past_runs = (table.select("tbody tr") for table in page.select("table"))
    assert (len(open_runs), len(past_runs)) == (15, 5)
    hrefs = [each["href"] for each in page.select("a[rel=prev]")]
    assert hrefs == ["/ops/runs?open=1&page=2", "/ops/runs?open=2&page=1"]
