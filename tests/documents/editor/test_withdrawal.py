"""POST /ops/incidents/<slug>/withdrawal"""

from portal.documents.publishing.versions import versions_of
from tests.documents.conftest import put
from tests.documents.editor.conftest import REPORT, TEXT, opened, published_text


def withdraw(browser, seen=None):
    data = {"seen": opened() if seen is None else seen}
    return browser.post("/ops/incidents/outage/withdrawal", data=data)


def test_the_shipped_text_is_shown_again(browser, shipped, published, omar):
    put(shipped, "outage", TEXT)
    published_text(omar, "# As published\n")
    answer = withdraw(browser)
    assert (answer.status_code, answer.location) == (303, "/ops/incidents/outage")
    assert not (published / "outage.md").exists()
    assert versions_of(REPORT, "outage")[0].withdrawn_by == "Omar"


def test_what_was_only_published_is_shown_nowhere_and_can_come_back(browser, omar):
    published_text(omar, "# As published\n")
    answer = withdraw(browser)
    assert answer.location == "/ops/incidents/outage/versions"
    assert "withdrawn" in browser.page("/ops/incidents/outage/versions").get_text()
    assert "outage" in browser.page("/ops/incidents/new").get_text()
    page = browser.page("/ops/incidents/outage/edit")
    sent = {
        field["name"]: field["value"] for field in page.select("form.editor input[type=hidden]")
    }
    data = sent | {"text": page.find("textarea").get_text()}
    assert browser.post("/ops/incidents/publications", data=data).status_code == 303
    assert [each.number for each in versions_of(REPORT, "outage")] == [2, 1]


def test_a_version_that_was_not_seen_is_not_withdrawn(browser, omar, ana, published):
    seen = published_text(omar, "# One\n")
    published_text(ana, "# Two\n")
    assert withdraw(browser, seen).status_code == 409
    assert (published / "outage.md").exists()


def test_withdrawing_twice_is_a_conflict(browser, omar, shipped):
    put(shipped, "outage", TEXT)
    seen = published_text(omar, "# One\n")
    assert withdraw(browser, seen).status_code == 303
    assert withdraw(browser, seen).status_code == 409


def test_a_shipped_file_cannot_be_withdrawn(browser, shipped):
    put(shipped, "outage", TEXT)
    assert withdraw(browser).status_code == 409
    assert (shipped / "outage.md").exists()


def test_what_is_not_there_cannot(browser):
    assert withdraw(browser).status_code == 409
