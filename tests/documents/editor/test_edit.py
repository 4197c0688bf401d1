"""GET /ops/incidents/new and /ops/incidents/<slug>/edit"""

import pytest

from portal.documents.audiences.audience import STAFF
from portal.documents.document import parse_document
from portal.documents.drafting.starters import starters_in
from portal.incidents.writing import REPORTS
from tests.documents.conftest import put
from tests.documents.editor.conftest import TEXT, published_text
from tests.documents.editor.test_drafts import text_of

NAMES = [starter.name for starter in starters_in(REPORTS.starters)]


def test_there_are_texts_to_start_from(browser):
    page = browser.page("/ops/incidents/new").get_text()
    assert len(NAMES) == 4
    for label in ("Outage", "Degraded service", "Maintenance", "Security", "An empty page"):
        assert label in page


@pytest.mark.parametrize("name", NAMES)
def test_each_is_a_sound_report_with_an_address_of_its_own(browser, name):
    page = browser.page(f"/ops/incidents/new?start={name}")
    text = text_of(page)
    assert "{today}" not in text
    known = REPORTS.known("", text)
    found = REPORTS.preview_of(parse_document(text, "new"), text, STAFF, known).findings
    assert [each for each in found if not each.is_note] == []
    assert REPORTS.name(parse_document(text, "new"))


def test_an_unknown_text_is_none_to_start_from(browser):
    for name in ("nothing", "../writing", "1-outage.md"):
        assert browser.get(f"/ops/incidents/new?start={name}").status_code == 404


def test_an_empty_page_is_empty(browser):
    page = browser.page("/ops/incidents/new?start=")
    assert text_of(page).strip() == ""
    assert page.find("input", attrs={"name": "slug"})["value"] == ""


def test_a_shipped_text_is_edited_as_it_is(browser, shipped):
    put(shipped, "outage", TEXT)
    page = browser.page("/ops/incidents/outage/edit")
    assert text_of(page).strip() == TEXT.strip()
    assert page.find("h1").get_text(strip=True) == "Edit “Search was slow”"
    assert page.find("input", attrs={"name": "slug"})["type"] == "hidden"


def test_a_text_keeps_its_first_empty_lines(browser, shipped):
    put(shipped, "outage", "\n\n# Words\n")
    raw = browser.get("/ops/incidents/outage/edit").text
    assert ">\r\n\n\n# Words\n</textarea>" in raw


def test_what_was_published_is_edited_and_not_what_was_shipped(browser, shipped, omar):
    put(shipped, "outage", TEXT)
    published_text(omar, "# As published\n")
    assert text_of(browser.page("/ops/incidents/outage/edit")).strip() == "# As published"


def test_a_file_that_cannot_be_read_can_be_mended(browser, shipped):
    put(shipped, "outage", "---\ntitle: [\n---\n# Words\n")
    page = browser.page("/ops/incidents/outage/edit")
    assert "title: [" in text_of(page)
    assert "line 3" in page.get_text()


def test_a_file_that_is_no_text_is_refused_with_a_sentence(browser, shipped):
    put(shipped, "outage", b"\xff\xfe\x00")
    answer = browser.get("/ops/incidents/outage/edit")
    assert answer.status_code == 400
    assert "not UTF-8" in answer.text


def test_a_report_in_a_folder_is_edited_too(browser, shipped):
    put(shipped, "2025/outage", TEXT)
    assert text_of(browser.page("/ops/incidents/2025/outage/edit")).strip() == TEXT.strip()


def test_an_earlier_version_can_be_started_from(browser, omar):
    published_text(omar, "# One\n")
    published_text(omar, "# Two\n")
    page = browser.page("/ops/incidents/outage/edit?version=1")
    assert text_of(page).strip() == "# One"
    assert browser.get("/ops/incidents/outage/edit?version=9").status_code == 404


def test_a_page_for_writing_works_without_scripts(browser, shipped):
    put(shipped, "outage", TEXT)
    form = browser.page("/ops/incidents/outage/edit").find("form", class_="editor")
    places = [button.get("formaction") for button in form.find_all("button")]
    assert places[0] == "/ops/incidents/drafts"  # what Enter does
    assert form["action"] == "/ops/incidents/publications"
    assert {"/ops/incidents/preview", "/ops/incidents/pictures"} <= set(places)
