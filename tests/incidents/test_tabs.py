"""A report and its live incident are one incident: one head, the same tabs, each an address."""

from datetime import timedelta

import pytest

from portal.core.clock import now
from portal.core.storage.database import db
from portal.incidents.client_area.questions import answer_question, ask_question
from portal.incidents.reports import report_named
from tests.incidents.live.scene import add_clients, draft, open_one, opening, the_incident
from tests.support.cast import log_in, make_account
from tests.support.pages import words

REPORT = """---
title: Search is slow
severity: major
status: monitoring
audience: clients
affected: [Search]
updates:
  - {at: 2026-01-02 10:00 UTC, text: We are looking into it., audience: clients}
---
It was slow.
"""
LIVE = "/ops/incidents/live/{}"


@pytest.fixture
def report(browser, write):
    add_clients()
    return report_named(write(REPORT))


@pytest.fixture
def live(browser, report):
    """The incident that this report is about."""
    incident = open_one(browser, report=report.slug)
    assert incident.report_slug == report.slug
    return incident


def tabs(page):
    return {words(each).rstrip(" 0123456789"): each for each in page.select("main nav.tabs a")}


def current(page):
    return [words(each) for each in page.select("main nav.tabs [aria-current=page]")]


def count(page, name):
    return words(tabs(page)[name].select_one(".tab-count"))


def send_update(page):
    links = page.select(".incident-head .actions a")
    return next(each["href"] for each in links if words(each) == "Send update")


def reads(app, account):
    browser = app.test_client()
    log_in(browser, account)
    assert browser.get("/client/incidents/outage").status_code == 200


def test_each_part_of_a_report_has_an_address_and_the_actions_are_in_the_head(browser, report):
    for tab, heading in (
        ("updates", "Sent messages"),
        ("questions", "Questions"),
        ("readers", "Private links"),
    ):
        page = browser.page(f"/ops/incidents/outage?tab={tab}")
        assert current(page)[0].startswith(tab.capitalize())
        assert heading in [words(each) for each in page.select("main h2")]
        assert words(page.h1) == "Search is slow"
    page = browser.page("/ops/incidents/outage?tab=nothing")
    assert current(page) == ["Report"]
    assert page.select_one("[data-document]")
    assert send_update(page) == "/ops/incidents/live/new?report=outage"
    last = page.select_one("[data-document]").find_all_next(["form", "textarea"])
    assert [each for each in last if each.find_parent("main")] == []


def test_the_live_page_and_the_report_lead_to_each_other_with_one_head(browser, report, live):
    of_report = browser.page("/ops/incidents/outage")
    of_live = browser.page(LIVE.format(live.slug))
    assert (current(of_report), current(of_live)) == (["Report"], ["Updates"])
    for page in (of_report, of_live):
        found = {name: each["href"] for name, each in tabs(page).items()}
        assert found == {
            "Report": "/ops/incidents/outage",
            "Updates": LIVE.format(live.slug),
            "Questions": "/ops/incidents/outage?tab=questions",
            "Readers": "/ops/incidents/outage?tab=readers",
        }
        kicker = words(page.select_one(".incident-kicker"))
        assert "investigating" in kicker
        assert "next update by" in kicker
        assert send_update(page) == f"{LIVE.format(live.slug)}#composer"
    assert words(of_report.h1) == words(of_live.h1)


def test_a_live_incident_without_a_report_says_so_in_each_tab(browser):
    add_clients()
    incident = open_one(browser)
    address = LIVE.format(incident.slug)
    for tab, said in (
        ("report", "begun when the incident is resolved"),
        ("questions", "has no report yet"),
        ("readers", "No client has opened it"),
    ):
        page = browser.page(f"{address}?tab={tab}")
        assert said in words(page.main)
        assert send_update(page) == f"{address}#composer"


def test_what_is_over_has_no_update_to_send_and_its_report_is_sent(browser, report, write):
    """By the live incident, if there is one; by the report's own words else."""

    def labels() -> list[str]:
        page = browser.page("/ops/incidents/outage")
        return [words(each) for each in page.select(".incident-head .actions a")]

    assert labels()[-2:] == ["Tell clients", "Send update"]
    write(REPORT.replace("monitoring", "resolved"))
    assert labels()[-1] == "Tell clients"
    write(REPORT)
    incident = open_one(browser, report=report.slug)
    assert labels()[-2:] == ["Tell clients", "Send update"]
    incident.resolved_at = now()
    db.session.commit()
    assert labels()[-1] == "Tell clients"


def test_an_update_about_a_report_begins_with_what_it_says(browser, report):
    page = browser.page("/ops/incidents/live/new?report=outage")
    assert page.select_one("[name=title]")["value"] == "Search is slow"
    assert page.select_one("[name=own]")["value"] == "Search"
    assert page.select_one("[name=phase] [selected]")["value"] == "monitoring"
    assert browser.get("/ops/incidents/live/new?report=gone").status_code == 404


def test_a_report_has_one_live_incident(browser, report, live):
    answer = browser.get("/ops/incidents/live/new?report=outage")
    assert answer.location == f"{LIVE.format(live.slug)}#composer"
    again = browser.post("/ops/incidents/live/new", data=opening(report="outage"))
    assert again.status_code == 409
    assert "is about the incident “Search is slow”" in again.text
    gone = browser.post("/ops/incidents/live/new", data=opening(report="gone"))
    assert gone.status_code == 422
    db.session.rollback()
    assert the_incident().slug == live.slug


def test_open_questions_and_people_who_have_yet_to_read_are_counted(
    app, browser, report, cleo, omar
):
    page = browser.page("/ops/incidents/outage")
    assert (count(page, "Questions"), count(page, "Readers")) == ("", "6")
    asked = ask_question(report, "Is it over?", by=cleo)
    db.session.commit()
    reads(app, cleo)
    page = browser.page("/ops/incidents/outage")
    assert (count(page, "Questions"), count(page, "Readers")) == ("1", "5")
    assert "1 question waits for an answer" in words(page.main)
    answer_question(asked, "Yes.", by=omar)
    db.session.commit()
    assert count(browser.page("/ops/incidents/outage?tab=readers"), "Questions") == ""


def test_a_text_that_changed_since_counts_as_not_read(app, browser, report, cleo, write):
    reads(app, cleo)
    write(REPORT.replace("slow.", "very slow."))
    page = browser.page("/ops/incidents/outage?tab=readers")
    assert count(page, "Readers") == "6"
    rows = map(words, page.select("section[aria-labelledby=readers-title] tbody tr"))
    assert [row for row in rows if "an earlier text" in row][0].startswith("Cleo –")


def test_staff_only_counts_nobody(browser, write):
    add_clients()
    write("# Ours\n\nWords.\n")
    page = browser.page("/ops/incidents/outage?tab=readers")
    assert count(page, "Readers") == ""
    assert "Only staff can read this report" in words(page.main)


def test_a_refused_answer_comes_back_on_its_tab(browser, report, cleo):
    asked = ask_question(report, "Is it over?", by=cleo)
    db.session.commit()
    answer = browser.post(f"/ops/incidents/outage/questions/{asked.id}/answer", data={})
    assert answer.status_code == 422
    assert "Write an answer first." in answer.text
    assert 'aria-current="page">Questions' in answer.text


def test_the_list_begins_with_what_is_open(browser, report, live, write):
    write("# Over\n\nStatus: resolved\n", "over")
    write(f"# Other\n\nDate: {(now() - timedelta(days=2)).date()}\nStatus: identified\n", "other")
    draft()
    page = browser.page("/ops/incidents")
    rows = [words(each) for each in page.select("section[aria-labelledby=open] tbody tr")]
    assert [row.split(" ")[0:3] for row in rows[:2]] == [
        ["The", "site", "is"],
        ["Search", "is", "slow"],
    ]
    assert "next update by" in rows[1]
    assert len(rows) == 3
    assert rows[2].startswith("Other – identified")


def test_a_tab_is_for_staff(client, app, write):
    write(REPORT)
    make_account("cleo")
    assert client.get("/ops/incidents/outage?tab=readers").location.startswith("/ops/login")
