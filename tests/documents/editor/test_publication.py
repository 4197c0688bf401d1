"""POST /ops/incidents/publications"""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import select

from portal.accounts.models import LoginSession
from portal.audit.models import AuditEntry, Outcome
from portal.core.clock import now
from portal.core.storage.database import db
from portal.documents.drafting.drafts import draft_of, drafts_of, save_draft
from portal.documents.models import DocumentVersion
from portal.documents.publishing.versions import versions_of
from tests.documents.conftest import put
from tests.documents.editor.conftest import REPORT, TEXT, browser_of, opened, published_text, send
from tests.support.pages import check_page


def test_a_new_report_is_published_at_the_address_of_day_and_title(browser, published):
    answer = send(browser, "publications", slug="", note="first words")
    assert answer.status_code == 303
    assert answer.location == "/ops/incidents/2025-12-16-search-was-slow"
    assert (published / "2025-12-16-search-was-slow.md").read_text() == TEXT
    version = db.session.scalars(select(DocumentVersion)).one()
    assert (version.published_by, version.note, version.number) == ("Omar", "first words", 1)


def test_the_address_can_be_chosen(browser, published):
    assert send(browser, "publications", slug="slow-search").status_code == 303
    assert (published / "slow-search.md").exists()


def test_a_shipped_report_is_published_over(browser, shipped, published):
    put(shipped, "outage", "# As shipped\n")
    assert send(browser, "publications").status_code == 303
    assert (published / "outage.md").read_text() == TEXT
    assert (shipped / "outage.md").read_text() == "# As shipped\n"


def test_publishing_ends_the_draft(browser, omar):
    save_draft(REPORT, "outage", "# Mine", opened=None, by=omar)
    db.session.commit()
    send(browser, "publications")
    assert drafts_of(REPORT, by=omar) == []


def test_publishing_under_another_address_ends_the_draft_too(browser, omar):
    save_draft(REPORT, "outage", "# Mine", opened=None, by=omar)
    db.session.commit()
    send(browser, "publications", slug="slow-search", drafted_as="outage")
    assert drafts_of(REPORT, by=omar) == []


def test_whoever_was_slower_sees_both_texts_and_loses_no_word(browser, ana, omar):
    published_text(ana, "# Search\n\nIt was slow.\n")
    seen = opened()
    published_text(ana, "# Search\n\nIt was slow for an hour.\n")
    answer = send(browser, "publications", "# Search\n\nIt was very slow.\n", opened=seen)
    assert answer.status_code == 409
    page = browser_page(answer)
    assert page.find("textarea").get_text().strip() == "# Search\n\nIt was very slow."
    assert "It was slow for an hour." in page.find("pre").get_text()
    assert {tag.name for tag in page.find(class_="diff").find_all(["ins", "del"])} == {"ins", "del"}
    assert "changed since you opened it" in page.find(role="alert").get_text()
    assert draft_of(REPORT, "outage", by=omar).source == "# Search\n\nIt was very slow.\n"
    assert [each.number for each in versions_of(REPORT, "outage")] == [2, 1]


def test_having_seen_both_they_may_publish(browser, ana):
    published_text(ana, "# One\n")
    seen = opened()
    published_text(ana, "# Two\n")
    page = browser_page(send(browser, "publications", "# Three\n", opened=seen))
    now_seen = page.find("input", attrs={"name": "opened"})["value"]
    assert now_seen == opened()
    assert send(browser, "publications", "# Three\n", opened=now_seen).status_code == 303
    assert [each.source for each in versions_of(REPORT, "outage")] == [
        "# Three\n",
        "# Two\n",
        "# One\n",
    ]


def test_a_refused_attempt_is_in_the_audit_log(browser, ana):
    published_text(ana, "# One\n")
    send(browser, "publications", "# Two\n", opened="0" * 64)
    last = db.session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc())).first()
    assert (last.action, last.outcome) == ("document.published", Outcome.REFUSED)
    assert last.target == "report/outage"


def test_a_new_report_does_not_take_the_address_of_another(browser, shipped, published):
    put(shipped, "outage", "# As shipped\n")
    answer = send(browser, "publications", opened="")
    assert answer.status_code == 409
    page = browser_page(answer)
    assert page.find("input", attrs={"name": "slug", "type": "text"})["value"] == "outage"
    assert page.find("input", attrs={"name": "opened"})["value"] == ""
    assert not (published / "outage.md").exists()


@pytest.mark.parametrize(
    ("text", "slug", "sentence", "status"),
    [
        ("---\ntitle: [\n---\n# Words\n", "outage", "line 3", 422),
        ("", "outage", "no text", 422),
        ("x\n" * 4_000, "outage", "2,000 lines", 422),
        ("# Words", "Not An Address", "small letters", 422),
        ("# Words", "../outage", "small letters", 422),
        ("# Words", "new", "something else", 422),
        ("", "", "title", 422),
    ],
)
def test_what_cannot_be_published_is_shown_again_with_the_reason(
    browser, published, text, slug, sentence, status
):
    answer = send(browser, "publications", text, slug=slug, note="my note")
    assert answer.status_code == status
    assert sentence in browser_page(answer).find(role="alert").get_text()
    assert 'value="my note"' in answer.text
    assert not published.exists()


@pytest.mark.parametrize("field", ["text", "opened"])
def test_a_request_that_says_too_little_is_refused(browser, field):
    data = {"text": TEXT, "slug": "outage", "opened": "not a hash"}
    del data[field if field == "text" else "slug"]
    assert browser.post("/ops/incidents/publications", data=data).status_code == 422


def test_other_fields_change_nothing(browser):
    send(browser, "publications", number="7", published_by="Ana", kind="template")
    version = db.session.scalars(select(DocumentVersion)).one()
    assert (version.number, version.published_by, version.kind) == (1, "Omar", REPORT)


def test_two_people_at_once_are_one_version_and_one_conflict(app, shipped, published):
    put(shipped, "outage", "# As shipped\n")
    clients, gate, seen = [browser_of(app, name) for name in ("omar", "ana")], Barrier(2), opened()
    for client in clients:
        client.csrf_token("/ops/incidents")
    db.session.commit()

    def publish(number):
        gate.wait()
        data = {"text": f"# By {number}", "slug": "outage", "opened": seen}
        return clients[number].post("/ops/incidents/publications", data=data).status_code

    with ThreadPoolExecutor(2) as pool:
        assert Counter(pool.map(publish, range(2))) == {303: 1, 409: 1}
    db.session.rollback()
    version = db.session.scalars(select(DocumentVersion)).one()
    assert (published / "outage.md").read_text() == version.source


def test_a_file_that_cannot_be_written_is_reported_and_the_version_stays(browser, published):
    published.parent.mkdir(parents=True)
    published.write_text("a file where the folder should be")
    answer = send(browser, "publications")
    assert answer.status_code == 303
    assert db.session.query(DocumentVersion).count() == 1
    assert "could not be changed" in browser.get("/ops/incidents/new").text


def browser_page(answer):
    return check_page(answer.text)


def test_an_old_login_publishes_nothing_and_loses_no_word(browser, omar, published):
    session = db.session.scalars(select(LoginSession)).one()
    session.authenticated_at = now() - timedelta(minutes=31)
    answer = send(browser, "publications")
    [draft] = drafts_of(REPORT, by=omar)
    way = f"/ops/login/again?next=/ops/incidents/{draft.slug}/edit"
    assert (answer.status_code, answer.location) == (303, way)
    assert not (published / "outage.md").exists()
    assert db.session.scalar(select(DocumentVersion)) is None
    assert draft.source == TEXT
