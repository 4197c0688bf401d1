"""“Write the report”: what was recorded is there with its origin, what is to be written is not."""

import re
from datetime import timedelta

import pytest
from flask import render_template
from sqlalchemy import func, select

from portal.core.clock import now
from portal.core.storage.database import db
from portal.documents.audiences.audience import PUBLIC, STAFF, Audience, Reader, for_reader
from portal.documents.document import parse_document
from portal.documents.drafting.starters import unfilled_sentences
from portal.documents.models import DocumentDraft
from portal.incidents.lint.run import STARTERS, lint_report
from portal.incidents.parsing.vocabulary import Severity
from portal.incidents.report import parse_report
from portal.incidents.reports import states_nothing
from tests.incidents.status.scene import make_incident
from tests.support.cast import log_in

ADDRESS = "/ops/incidents/live/offline/report"
ROW = re.compile(r"^\| [0-9-]+ [0-9:]+ \| .* \(\[origin\]\((/ops/[^)]+)\)\) \|$", re.MULTILINE)


@pytest.fixture
def text(browser, over) -> str:
    over.resolved_at = now()  # so that the audit log's entries are within its time
    answer = browser.post(ADDRESS)
    assert answer.status_code == 303
    assert answer.location.endswith("/edit")
    source = db.session.scalar(select(DocumentDraft.source))
    assert source
    return source


def test_facts_and_updates_are_filled_in_for_staff_alone(text, over, began):
    report = parse_report(parse_document(text, "offline"))
    assert (report.title, report.severity) == ("Search is | down", Severity.MAJOR)
    assert report.started == began
    assert report.detected == began + timedelta(minutes=1)
    assert report.mitigated is None
    assert report.is_over
    assert report.affected == ["Search"]
    assert report.audience is Audience.INTERNAL
    assert report.doubts == ()
    assert states_nothing(report)
    readers = [(each.text, each.client or each.audience.value) for each in report.facts.updates]
    assert readers == [
        ("For everybody.", "public"),
        ("For clients.", "clients"),
        ("For acme and beta.", "acme"),
        ("For acme and beta.", "beta"),
        ("For staff. /// Still for staff.", "internal"),
        ("Held back.", "internal"),
        ("It is over.", "public"),
    ]
    assert [str(f) for f in lint_report(report, text, roots=[]) if not f.is_note] == []


def test_a_page_of_the_control_room_is_no_link_outside_of_a_block_for_staff(text):
    outside = text.replace("## What was said", "[origin](/ops/audit/1)\n\n## What was said")
    report = parse_report(parse_document(outside, "offline"))
    dead = [f.message for f in lint_report(report, outside, roots=[]) if "nowhere" in f.message]
    assert dead == ["The link to “/ops/audit/1” leads nowhere."]


def test_each_line_of_the_timeline_is_linked_to_its_page_in_the_control_room(text, browser, over):
    report = parse_report(parse_document(text, "offline"))
    rows, linked = report.told_in(report.document.body).rows, ROW.findall(text)
    assert len(rows) == len(linked) > 12
    assert all(row.moment.at for row in rows)
    for kind in ("live/", "monitoring", "runs", "operations", "emails", "audit"):
        assert any(kind in address for address in linked), kind
    for address in set(linked):
        if "/live/" not in address and "monitoring" not in address:  # pages of other features
            assert browser.get(address).status_code == 200, address
    assert "development" not in text
    assert text.count("The first message to a client was sent") == 1


def test_neither_secrets_nor_personal_fields_nor_typed_words_are_copied(text):
    for word in ("s3cret", "Private", "acme.example", "Omar", "Ana"):
        assert word not in text


def test_each_update_is_in_a_block_for_exactly_its_readers(text):
    open_words, clients = {"For everybody.", "It is over."}, {"For clients."}
    acme, staff = {"For acme and beta."}, {"Still for staff.", "Held back."}
    readers = {
        PUBLIC: open_words,
        Reader(Audience.CLIENTS): open_words | clients,
        Reader(Audience.CLIENTS, "other"): open_words | clients,
        Reader(Audience.CLIENTS, "acme"): open_words | clients | acme,
        Reader(Audience.CLIENTS, "beta"): open_words | clients | acme,
        STAFF: open_words | clients | acme | staff,
    }
    for reader, seen in readers.items():
        body = for_reader(parse_document(text, "offline").body, reader)
        words = open_words | clients | acme | staff
        assert {each for each in words if each in body} == seen
        assert ("/ops/" in body) is reader.is_staff


def test_what_is_to_be_written_blocks_sharing(text, browser, folder):
    assert len(unfilled_sentences(text, STARTERS)) > 5
    slug = db.session.scalar(select(DocumentDraft.slug))
    (folder / f"{slug}.md").write_text(text)
    shown = browser.page(f"/ops/incidents/{slug}")
    assert len(shown.select(".timeline-list li")) > 12
    page = browser.page(f"/ops/incidents/{slug}/sharing")
    assert "came with the starter" in page.text


def test_asking_again_opens_the_same_draft_and_never_overwrites_it(browser, over, ana, app):
    first = browser.post(ADDRESS).location
    draft = db.session.scalars(select(DocumentDraft)).one()
    draft.source = "# My words\n"
    db.session.commit()
    assert browser.post(ADDRESS).location == first
    assert db.session.scalars(select(DocumentDraft.source)).one() == "# My words\n"
    other = app.test_client()
    log_in(other, ana)
    assert other.post(ADDRESS).location == first  # a draft of her own, of the same report
    assert db.session.scalar(select(func.count()).select_from(DocumentDraft)) == 2
    db.session.refresh(over)
    assert over.report_slug in first


def test_a_slug_that_is_taken_is_left_alone(browser, over, folder, began):
    (folder / f"{began:%Y-%m-%d}-search-is-down.md").write_text("# Another\n")
    assert browser.post(ADDRESS).location.endswith("-search-is-down-2/edit")


def test_while_it_goes_on_and_for_others_it_is_refused(browser, client, cleo, over):
    make_incident("open")
    assert browser.post("/ops/incidents/live/open/report").status_code == 409
    assert browser.post("/ops/incidents/live/none/report").status_code == 404
    log_in(client, cleo)
    assert client.post(ADDRESS).status_code == 403
    assert db.session.scalar(select(func.count()).select_from(DocumentDraft)) == 0


def test_the_button_is_there_once_the_incident_is_over(app, over):
    with app.test_request_context("/ops"):

        def shown(incident):
            return render_template("incidents/_write_report.html", incident=incident)

        assert "Write the report" in shown(over)
        assert f'action="{ADDRESS}"' in shown(over)
        over.report_slug = "the-report"
        assert "Open the report" in shown(over)
        assert "report" not in shown(make_incident("open"))
    db.session.rollback()
