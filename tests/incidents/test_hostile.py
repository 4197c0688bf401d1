"""Hostile text through a report's body, title, every fact and the search: shown, never run."""

import json
import os

import pytest
from flask.testing import FlaskClient

from portal.core.storage.database import db
from portal.incidents.lint.run import lint_path
from portal.incidents.reports import all_reports
from tests.documents.hostile import faults
from tests.runbooks.test_hostile import OWN, assert_harmless
from tests.support.corpora import hostile_strings

KEYS = (
    *("title", "summary", "affected", "prepared-by", "severity", "status", "date", "started"),
    *("zone", "audience", "clients", "id", "internal-words"),
)


def read(browser, path, **query):
    """Without the strict reader, which minds letters that HTML does not allow."""
    db.session.commit()
    return FlaskClient.open(browser, path, query_string=query).text


def document_of(page):
    """As it was rendered: the page adds a name to each box, and a rank to headings."""
    for tag in page.select("[data-document] :is(input, h1)"):
        del tag["aria-label"], tag["aria-level"]
    return page.find(attrs={"data-document": True}).decode_contents()


def filled(text):
    """A report that has the text in every place; JSON is YAML."""
    lines = [f"{key}: {json.dumps(text)}" for key in KEYS]
    update = json.dumps({"at": "2026-01-01 10:00 UTC", "text": text, "audience": "public"})
    table = f"| Time | Event |\n|---|---|\n| {text} | {text} |"
    head = ["---", *lines, f"updates: [{update}]", "---"]
    return "\n".join([*head, f"# {text}", "", f"**Status:** {text}", "", text, "", table, ""])


@pytest.mark.parametrize("text", OWN)
def test_a_report_made_of_it_is_harmless(browser, write, text):
    write(filled(text))
    for eyes in ("", "public"):
        page = assert_harmless(read(browser, "/ops/incidents/outage", **{"as": eyes}))
    page = assert_harmless(read(browser, "/ops/incidents/outage"))
    assert faults(document_of(page)) == []
    assert "49" not in page.find(attrs={"data-document": True}).get_text()
    assert_harmless(read(browser, "/ops/incidents"))
    assert_harmless(read(browser, "/ops"))


@pytest.mark.parametrize("text", OWN)
def test_a_search_for_it_is_harmless(browser, write, text):
    write("# Outage\n")
    page = assert_harmless(read(browser, "/ops/incidents", q=text, year=text, status=text))
    assert page.find("input", attrs={"name": "q"})["value"] == " ".join(text.split())


def test_26_the_public_lists_of_hostile_strings(browser, write):
    strings = hostile_strings()
    assert len(strings) > 500
    for number, text in enumerate(strings[::900]):
        write(filled(text), f"single-{number}")
        page = assert_harmless(read(browser, f"/ops/incidents/single-{number}"))
        assert faults(document_of(page)) == []
    write("\n\n".join(strings[::7]), "all")
    page = assert_harmless(read(browser, "/ops/incidents/all"))
    assert faults(document_of(page)) == []
    assert_harmless(read(browser, "/ops/incidents"))


def test_a_report_made_of_any_of_them_is_read_and_linted(app, folder, write):
    for number, text in enumerate(hostile_strings()[3::140]):
        write(filled(text), f"r-{number}")
    assert len(all_reports()) > 40
    lint_path(folder, clients=set())


HALVES = "---\naudience: clients\n"
HALVES += 'title: "A \\ud83d\\udc69 and \\ud83d"\n"\\udc69": x\nsummary: "\\udfff"\n---\nText\n'


def test_half_a_letter_stops_no_page(browser, write):
    write(HALVES)
    write("# Fine\n", os.fsdecode(b"caf\xe9"))
    page = browser.page("/ops/incidents/outage")
    assert page.h1.get_text() == "A \N{WOMAN} and \N{REPLACEMENT CHARACTER}"
    for path in ("/ops/incidents", "/client", "/client/incidents/outage", "/ops"):
        assert browser.get(path).status_code == 200
