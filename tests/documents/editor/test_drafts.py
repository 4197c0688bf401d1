"""POST /ops/incidents/drafts, and coming back."""

from portal.core.storage.database import db
from portal.documents.drafting.drafts import draft_of, drafts_of, save_draft
from tests.documents.conftest import put
from tests.documents.editor.conftest import REPORT, TEXT, browser_of, opened, published_text, send
from tests.support.pages import check_page


def text_of(page):
    return page.find("textarea", attrs={"name": "text"}).get_text()


def test_a_draft_is_saved_and_come_back_to(browser):
    answer = send(browser, "drafts", "# Half a thought", slug="outage")
    assert answer.location == "/ops/incidents/outage/edit"
    assert text_of(browser.page("/ops/incidents/outage/edit")).strip() == "# Half a thought"
    assert "outage" in browser.page("/ops/incidents/new").get_text()


def test_a_new_draft_is_named_by_day_and_title(browser, omar):
    send(browser, "drafts", slug="")
    assert [draft.slug for draft in drafts_of(REPORT, by=omar)] == ["2025-12-16-search-was-slow"]


def test_a_draft_moves_to_its_new_address(browser, omar):
    send(browser, "drafts", slug="outage")
    send(browser, "drafts", slug="slow-search", drafted_as="outage")
    assert [draft.slug for draft in drafts_of(REPORT, by=omar)] == ["slow-search"]


def test_a_draft_that_cannot_be_read_yet_is_saved(browser, omar):
    assert send(browser, "drafts", "---\na: [\n---\n").status_code == 303
    assert draft_of(REPORT, "outage", by=omar)
    assert "line 3" in browser.page("/ops/incidents/outage/edit").get_text()


def test_no_other_person_reads_it_but_its_author_is_shown(app, browser, shipped):
    put(shipped, "outage", TEXT)
    send(browser, "drafts", "# Omar’s secret thought")
    page = browser_of(app, "ana").page("/ops/incidents/outage/edit")
    assert "secret thought" not in page.get_text()
    assert "Omar has a draft of this too" in page.get_text()


def test_a_draft_of_what_was_changed_since_shows_both(browser, ana, shipped):
    put(shipped, "outage", "# Search\n\nIt was slow.\n")
    send(browser, "drafts", "# Search\n\nIt was very slow.\n")
    published_text(ana, "# Search\n\nIt was slow for an hour.\n")
    page = browser.page("/ops/incidents/outage/edit")
    assert "changed since you began" in page.get_text()
    assert "It was very slow." in text_of(page)
    assert page.find("input", attrs={"name": "opened"})["value"] == opened()


def test_a_draft_is_discarded(browser, omar, shipped):
    put(shipped, "outage", TEXT)
    send(browser, "drafts", "# Another thought")
    assert browser.post("/ops/incidents/outage/draft/end").status_code == 303
    assert drafts_of(REPORT, by=omar) == []
    assert text_of(browser.page("/ops/incidents/outage/edit")).strip() == TEXT.strip()


def test_discarding_touches_no_other_draft(browser, ana):
    save_draft(REPORT, "outage", "# Ana’s", opened=None, by=ana)
    db.session.commit()
    browser.post("/ops/incidents/outage/draft/end")
    assert draft_of(REPORT, "outage", by=ana)


def test_an_unnamed_draft_without_a_title_says_what_is_missing(browser):
    answer = send(browser, "drafts", "", slug="")
    assert answer.status_code == 422
    assert "title" in check_page(answer.text).find(id="editor-slug-error").get_text()


def test_many_drafts_have_pages_the_last_saved_first(browser, omar):
    for number in range(60):
        save_draft(REPORT, f"d{number:02}", "# Words\n", opened=None, by=omar)
    db.session.commit()
    page = browser.page("/ops/incidents/new")
    assert len(page.select(".editor-list li")) == 50
    following = page.select_one("a[rel=next]")["href"]
    assert following == "/ops/incidents/new?drafts=2&withdrawn=1"
    assert len(browser.page(following).select(".editor-list li")) == 10
