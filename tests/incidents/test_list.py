"""The list of reports for staff: what it shows, filters, search, pages, and who may open it."""

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from portal.core.clock import now
from tests.incidents.test_report import WHOLE
from tests.support.cast import log_in, make_account

LIST = "/ops/incidents"
NOT_SAID = "staff only (it does not say who reads it)"


def titles(page):
    return [cell.get_text(strip=True) for cell in page.select(".incident-title")]


def put(write, name, *lines, text="Text."):
    write("\n".join(["---", *lines, "---", f"# {name}", "", text]), name)


@pytest.fixture
def three(write):
    put(write, "Alpha", "date: 2026-01-01", "severity: major", "audience: public", text="A fox.")
    put(
        write,
        "Beta",
        "date: 2025-05-05",
        "status: resolved",
        "audience: clients",
        text="/// internal\nA badger.\n///",
    )
    put(write, "Gamma", "audience: internal", "affected: [Search]", text="A fox and a badger.")


def test_a_row_shows_what_one_wants_to_know(browser, write):
    write(WHOLE)
    row = browser.page(LIST).select_one("tbody tr")
    cells = [cell.get_text(" ", strip=True) for cell in row.find_all(["td", "th"])]
    assert cells == [
        *("major", "Search stood still", "resolved", "2026-03-04", "1 h 12 min"),
        *("Search, Profiles", "acme, beta"),
    ]
    assert row.find("a")["href"] == "/ops/incidents/outage"


def test_a_report_that_says_nothing_is_listed_too(browser, write):
    write("# Outage\n")
    table = browser.page(LIST).select("table")[-1]
    cells = [cell.get_text(" ", strip=True) for cell in table.select("tbody :is(td, th)")]
    assert cells == ["–", "Outage", "status not stated", "–", "–", "–", NOT_SAID]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Alpha", "Beta", "Gamma"]),
        ("severity=major", ["Alpha"]),
        ("severity=none", ["Beta", "Gamma"]),
        ("status=resolved", ["Beta"]),
        ("status=none&severity=none", ["Gamma"]),
        ("audience=clients", ["Beta"]),
        ("year=2025", ["Beta"]),
        ("year=none", ["Gamma"]),
        ("q=FOX", ["Alpha", "Gamma"]),
        ("q=badger+fox", ["Gamma"]),
        ("q=beta", ["Beta"]),
        ("q=search", ["Gamma"]),
        ("q=fox&year=2026", ["Alpha"]),
        ("severity=odd&status=odd&audience=odd&year=odd", ["Alpha", "Beta", "Gamma"]),
    ],
)
def test_the_list_is_filtered_and_searched(browser, three, query, found):
    assert titles(browser.page(f"{LIST}?{query}")) == found


def test_the_filters_keep_what_was_asked(browser, three):
    page = browser.page(f"{LIST}?q=fox&severity=major")
    assert page.select_one("input[name=q]")["value"] == "fox"
    assert page.select_one("select[name=severity] option[selected]")["value"] == "major"
    assert "Show all" in page.get_text()


def test_where_nothing_fits_the_way_back_is_offered(browser, three):
    page = browser.page(f"{LIST}?q=zither")
    assert "No report matches" in page.get_text()
    assert page.find("a", string="Show all 3")["href"] == LIST


def test_an_empty_folder_says_what_will_be_here(browser):
    assert "No incident reports yet" in browser.page(LIST).get_text()


def test_a_file_that_can_not_be_read_is_named_with_its_line(browser, write):
    write("---\ntitle: [\n---\n", "broken")
    write("# Fine\n")
    page = browser.page(LIST)
    assert "broken.md, line 3" in page.select_one(".notice.bad").get_text()
    assert titles(page) == ["Fine"]


def test_a_long_list_has_pages_that_keep_the_filter(browser, write):
    for number in range(27):
        put(write, f"report-{number:02}", "severity: minor")
    first = browser.page(f"{LIST}?severity=minor&q=text")
    assert len(titles(first)) == 25
    onward = first.find("a", rel="next")["href"]
    assert titles(browser.page(onward)) == ["report-25", "report-26"]
    assert titles(browser.page(f"{LIST}?page=99")) == ["report-25", "report-26"]
    for odd in ("0", "-1", "x"):
        assert len(titles(browser.page(f"{LIST}?page={odd}"))) == 25


def test_incidents_are_a_place_of_the_navigation(browser, write):
    write("# Outage\n")
    for address in (LIST, f"{LIST}/outage"):
        current = browser.page(address).select(".head nav [aria-current=page]")
        assert [each.get_text(strip=True) for each in current] == ["Incidents"]


@pytest.mark.parametrize("path", [LIST, f"{LIST}/outage", f"{LIST}/outage?as=public"])
def test_the_pages_are_for_staff(client: FlaskClient, app, write, path):
    write("# Outage\n")
    assert client.get(path).status_code == 303
    log_in(client, make_account("cleo"))
    assert client.get(path).status_code == 403
    log_in(client, make_account("ana"))
    assert client.get(path).status_code == 200
    assert client.post(path).status_code == 405


def test_the_home_says_which_incident_is_not_over(browser, write):
    put(write, "Alpha", "status: monitoring")
    put(write, "Beta", "status: resolved")
    text = browser.page("/ops").get_text()
    assert "The incident “Alpha” is not over: monitoring." in text
    assert "“Beta”" not in text


def test_the_home_shows_the_authors_own_words_and_what_states_nothing(browser, write):
    recent, old = (now() - timedelta(days=20)).date(), (now() - timedelta(days=40)).date()
    put(write, "Alpha", "status: gone <b>fishing</b>")
    put(write, "Beta", "severity: critical")
    write(f"# Gamma\n\nDate: {old}\nStatus: Not yet fixed, a workaround is in place\n", "gamma")
    write("# Delta\n\n**Status:** Mitigated by a workaround\n", "delta")
    write(f"# Epsilon\n\nDate: {recent}\n", "epsilon")
    write(f"# Zeta\n\nDate: {old}\n", "zeta")
    put(write, "Eta", "resolved: 2026-01-01 10:00 UTC")
    page = browser.page("/ops")
    text = " ".join(page.get_text(" ").split())
    for sentence in (
        "The incident “Alpha” is not over: “gone <b>fishing</b>”.",
        "The incident “Gamma” is not over: “Not yet fixed, a workaround is in place”.",
        "The incident “Delta” is not over: monitoring (“Mitigated by a workaround”).",
        "The report “Epsilon” does not say whether the incident is over.",
        "1 report says neither its day nor whether the incident is over.",
    ):
        assert sentence in text
    assert not {"Zeta", "Eta", "Beta"} & set(text.replace("“", " ").replace("”", " ").split())
    silent = page.find("a", string=re.compile("See which"))["href"]
    assert titles(browser.page(silent)) == ["Beta"]


def test_words_that_were_not_understood_are_listed_and_found(browser, write):
    write("# Alpha\n\nStatus: Partially restored\nSeverity: medium\n", "alpha")
    reports = browser.page(LIST).select("table")[-1]
    cells = [cell.get_text(" ", strip=True) for cell in reports.select("tbody :is(td, th)")]
    assert cells[:3] == ["“medium”", "Alpha", "“Partially restored” not over"]
    assert titles(browser.page(f"{LIST}?status=unread")) == ["Alpha"]
    assert titles(browser.page(f"{LIST}?status=none")) == []
    text = browser.page(f"{LIST}/alpha").get_text(" ", strip=True)
    assert "“Partially restored”" in text
