"""/client/incidents/<slug>: the report as its reader may see it, and the reading that is noted."""

import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from portal.audit.models import AuditEntry
from portal.core.clock import now
from portal.core.storage.database import db
from portal.documents.markdown.blocks.scanner import scan
from portal.incidents.models import ReportReading, Way
from portal.incidents.timelines import timeline
from tests.incidents.client_area.conftest import PLANTED
from tests.support.pages import words

PAGE = "/client/incidents/outage"


def readings():
    db.session.expire_all()
    return list(db.session.scalars(select(ReportReading).order_by(ReportReading.id)))


def test_a_client_reads_the_report_with_its_facts(cleos, outage):
    page = cleos.page(PAGE)
    assert words(page.h1) == "The day the site was away"
    facts = dict(zip(map(words, page.select("dt")), map(words, page.select("dd")), strict=True))
    assert facts == {
        "Day": "16 December 2025",
        "Severity": "major",
        "Status": "resolved",
        "Duration": "1 h 12 min",
        "Began": "16 December 2025, 14:00 (UTC)",
        "Over": "16 December 2025, 15:12 (UTC)",
        "Affected": "search, profiles",
    }
    assert "The matching code was deployed" in words(page.select_one("[data-document]"))


def test_times_are_the_reader_s_and_utc_on_hover(cleos, contact, outage):
    contact.account.time_zone = "Asia/Tokyo"
    told = cleos.page(PAGE).select_one(".timeline time")
    assert words(told) == "16 December 2025, 23:20"
    assert told["title"] == "2025-12-16 14:20 UTC"
    assert "Times are those of Asia/Tokyo." in words(cleos.page(PAGE).main)


def test_without_a_choice_they_are_those_of_the_zone_that_staff_noted(cleos, contact, outage):
    cleos.set_cookie("zone", "Asia/Tokyo", domain="localhost")
    assert "Times are those of Asia/Tokyo." in words(cleos.page(PAGE).main)
    contact.time_zone = "Europe/Paris"
    assert words(cleos.page(PAGE).select_one(".timeline time")) == "16 December 2025, 15:20"


def test_boxes_have_names_and_a_page_one_title(cleos, write):
    write("---\naudience: clients\n---\n# Outage\n\n- [x] fixed\n\n# What comes\n")
    page = cleos.page(PAGE)
    assert page.select_one("[data-document] input")["aria-label"] == "ticked"
    assert len(page.select("[data-document] h1[aria-level]")) == 2
    assert words(page.h1) == "Outage"


def test_nothing_planted_for_others_is_in_the_page(cleos, outage):
    source = cleos.get(PAGE).text
    assert "The site was away" in source
    assert not [phrase for phrase in PLANTED if phrase in source]


def test_a_block_that_is_not_closed_hides_the_rest(cleos, write):
    write(
        "---\naudience: clients\n---\n# Outage\n\nFor all."
        "\n\n/// internal\nplanted\n\n## A planted heading\n"
    )
    source = cleos.get(PAGE).text
    assert "For all." in source
    assert "planted" not in source


@pytest.mark.parametrize("path", ["", ".pdf"])
def test_10_another_client_s_report_is_as_if_it_were_not_there(cleos, for_beta, path):
    there = cleos.page(f"/client/incidents/for-beta{path}", status=404)
    nowhere = cleos.page(f"/client/incidents/nowhere{path}", status=404)
    assert words(there) == words(nowhere)
    assert "To your summaries" in words(there)


def test_a_report_that_can_t_be_read_is_not_there_for_a_client(cleos, write):
    write("---\ntitle: [\n---\nsecret\n")
    assert cleos.get(PAGE).status_code == 404


def test_opening_it_is_noted_once_a_minute_and_audited(cleos, contact, outage):
    with time_machine.travel(now(), tick=False) as clock:
        cleos.get(PAGE)
        cleos.get(PAGE)
        assert len(readings()) == 1
        clock.shift(timedelta(seconds=61))
        cleos.get(PAGE)
    first, second = readings()
    assert (first.way, first.account_id, second.slug) == (Way.PAGE, contact.account.id, "outage")
    events = db.session.scalars(select(AuditEntry.target).where(AuditEntry.action == "report.read"))
    assert list(events) == ["incidents/outage"] * 2


def test_whoever_opens_it_again_waits_for_no_lock(cleos, contact, outage):
    cleos.page(PAGE)
    file = db.engines["ops"].url.database.removeprefix("file:")
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        assert cleos.get(PAGE).status_code == 200
    assert len(readings()) == 1


def test_a_timeline_that_is_shown_again_is_not_parsed_again(cleos, contact, outage, monkeypatch):
    shown = cleos.page(PAGE)
    parsed = []
    monkeypatch.setattr(timeline, "scan", lambda body: parsed.append(body) or scan(body))

    assert words(cleos.page(PAGE).main) == words(shown.main)
    assert parsed == []


def test_a_look_at_the_head_and_a_preview_are_no_readings(cleos, omars, outage):
    assert cleos.head(PAGE).status_code == 200
    page = omars.page(PAGE)
    assert "This is a preview." in words(page.main)
    assert not page.select("#confirmation, #questions")
    assert readings() == []


def test_staff_see_in_a_preview_what_that_client_sees(omars, otto, outage):
    text = words(omars.page(f"{PAGE}?as=beta").main)
    assert "the planted words for beta" in text
    assert "the planted internal" not in text
