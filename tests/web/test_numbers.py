"""A number in an address is a plain one that a database can hold; every other is not there."""

import re

import pytest
from flask.testing import FlaskClient

from portal.web.numbers import ASKED
from tests.house.test_routes import SAVED
from tests.support.cast import log_in, make_account

ODD = {
    "thousands": "9" * 7_000,
    "beyond-text": "1" * 4_000,
    "beyond-sqlite": str(2**63),
    "beyond-postgresql": str(2**31),
    "arabic": "\u0661",
    "wide": "\uff11",
}


def routes():
    """Address and method of each, with a word in the place of each part that is no number."""
    for line in SAVED.read_text(encoding="utf-8").splitlines():
        rule, method, _endpoint = line.split(" ")
        yield rule, method


@pytest.fixture
def browser(client: FlaskClient, app):
    """An admin's."""
    log_in(client, make_account("ana"))
    return client


@pytest.mark.parametrize("name", ODD)
def test_43_no_route_with_a_number_takes_it(browser, name):
    asked = 0
    for rule, method in routes():
        if "<int:" in rule:
            address = re.sub(r"<int:\w+>", ODD[name], rule)
            answer = browser.open(re.sub(r"<[^>]*>", "x", address), method=method)
            assert answer.status_code == 404, rule
            asked += 1
    assert asked > 30


@pytest.mark.parametrize("name", [*ODD, "superscript"])
def test_43_no_page_is_asked_for_by_it(browser, name):
    is_short = len(ODD.get(name, "x")) <= 10
    pages = [rule for rule, method in routes() if method == "GET" and "<" not in rule]
    pages = [rule for rule in pages if not (is_short and rule in ("/", "/studios"))]
    for number, rule in enumerate(pages):
        kinds = [kind for kind in ASKED if not (rule in ("/", "/studios") and kind == "after")]
        asked = {kinds[number % len(kinds)]: ODD.get(name, "\u00b2")}
        assert browser.get(rule, query_string=asked).status_code == 404, (rule, asked)


@pytest.mark.parametrize("text", ["9" * 7_000, "\u0661", "0x10", "-1"])
def test_no_other_part_of_an_address_ends_in_a_fault(browser, text):
    for rule, method in routes():
        if method == "GET" and "<" in rule:
            answer = browser.get(re.sub(r"<[^>]*>", text, rule))
            assert answer.status_code in (302, 303, 404, 503), rule  # no directory here


def test_an_ordinary_number_is_a_number(browser):
    for query in ("page=1", "page=0", "page=-1", "page=x", "page=", "page=99"):
        assert browser.get(f"/ops/incidents?{query}").status_code == 200
    assert browser.get("/ops/audit?before=5&after=2147483647").status_code == 200
