"""For staff: who read a report, links that can be withdrawn, questions that wait for an answer."""

import re

import pytest
from sqlalchemy import select

from portal.core.storage.database import db, reading
from portal.documents.models import DocumentKind, DocumentVersion
from portal.incidents.client_area.confirmations import confirm_reading
from portal.incidents.client_area.links import create_link, withdraw_link
from portal.incidents.client_area.questions import ask_question
from portal.incidents.client_area.readership import readership_of
from portal.incidents.client_area.readings import note_reading
from portal.incidents.models import PrivateLink, Question, Way
from portal.incidents.reports import report_named
from tests.incidents.client_area.conftest import REPORT
from tests.support.cast import log_in, make_account
from tests.support.pages import words

BASE = "/ops/incidents/outage"


@pytest.fixture
def report(outage):
    return report_named(outage)


@pytest.fixture
def question(report, contact):
    asked = ask_question(report, "Is it over?", by=contact.account)
    db.session.commit()
    return asked


def tab(browser, name):
    return browser.page(f"{BASE}?tab={name}")


def test_it_says_who_read_which_text_when_and_how(omars, report, contact, otto, omar, write):
    link, _ = create_link("outage", otto, by=omar)
    db.session.commit()
    with reading():
        note_reading(report, way=Way.PAGE, account=contact.account)
        write(REPORT.replace("away", "gone"))
        note_reading(report_named("outage"), way=Way.PDF, link=link)
        db.session.rollback()
    found = readership_of(report_named("outage"))
    lines = [(each.who, each.organisation, each.way, each.text) for each in found.readings]
    assert lines == [
        ("Otto", "Beta", "as a PDF, by private link", "this text"),
        ("Cleo", "Acme", "on the page", f"an earlier text, {report.sha256[:8]}…"),
    ]
    assert [line.opened for line in found.links] == [1]
    page = tab(omars, "readers")
    rows = [words(row) for row in page.select("section[aria-labelledby=openings-title] tbody tr")]
    assert rows[1].startswith("Cleo Acme")


def test_a_published_text_is_called_by_its_number(report, contact, omar, write):
    row = DocumentVersion(
        kind=DocumentKind.REPORT,
        slug="outage",
        number=3,
        source=REPORT,
        sha256=report.sha256,
        published_by="Omar",
    )
    db.session.add(row)
    confirm_reading(report, seen=report.sha256, by=contact.account)
    db.session.commit()
    write(REPORT.replace("away", "gone"))
    [confirmed] = readership_of(report_named("outage")).confirmations
    assert (confirmed.who, confirmed.organisation, confirmed.text) == ("Cleo", "Acme", "version 3")


def test_links_say_what_has_become_of_them(report, contact, otto, omar):
    made = [create_link("outage", each, by=omar)[0] for each in (contact, otto, otto)]
    withdraw_link(made[0], by=omar)
    made[1].expires_at = made[1].created_at
    states = [line.state for line in readership_of(report).links]
    assert states == ["open", "expired", "withdrawn by Omar"]


def test_a_link_can_be_made_for_those_who_may_read_the_report(contact, otto, for_beta):
    names = [each.name for each in readership_of(report_named("for-beta")).contacts]
    assert names == ["Otto"]


def test_staff_make_a_link_and_see_its_address_once(omars, client, report, otto):
    answer = omars.post(f"{BASE}/links", data={"contact": otto.id, "days": 7})
    [address] = re.findall(r"http://localhost:8000(/client/links/[\w-]{43})", answer.text)
    assert "made for Otto" in words(client.page(address).main)


@pytest.mark.parametrize("data", [{"contact": "x"}, {"days": 0}, {"days": 400}])
def test_a_link_needs_somebody_and_a_sensible_time(omars, report, otto, data):
    answer = omars.post(f"{BASE}/links", data={"contact": otto.id, "days": 7, **data})
    assert answer.status_code == 422
    assert db.session.scalar(select(PrivateLink)) is None


def test_staff_withdraw_a_link(omars, client, report, otto, omar):
    link, address = create_link("outage", otto, by=omar)
    path = address.removeprefix("http://localhost:8000")
    assert client.get(path).status_code == 200
    answer = omars.post(f"{BASE}/links/{link.id}/withdrawal")
    assert (answer.status_code, answer.location) == (303, f"{BASE}?tab=readers#links")
    assert client.get(path).status_code == 404
    assert omars.post(f"/ops/incidents/other/links/{link.id}/withdrawal").status_code == 404


def test_staff_answer_from_the_page(omars, cleos, question, report):
    form = tab(omars, "questions").select_one("article.question form")
    name = form.select_one("textarea")["name"]
    answer = omars.post(form["action"], data={name: "Yes, since 15:12."})
    assert (answer.status_code, answer.location) == (303, f"{BASE}?tab=questions#questions")
    page = cleos.page("/client/incidents/outage")
    assert "Yes, since 15:12." in words(page.select_one("#questions"))
    assert omars.post(form["action"], data={name: "No."}).status_code == 409


def test_an_answer_without_words_is_none(omars, question):
    assert omars.post(f"{BASE}/questions/{question.id}/answer", data={}).status_code == 422
    assert db.session.scalar(select(Question.answer)) is None


ACTIONS = ["links", "links/1/withdrawal", "questions/1/answer"]


@pytest.mark.parametrize("action", ACTIONS)
def test_clients_and_strangers_do_none_of_it(client, cleo, report, action):
    assert client.post(f"{BASE}/{action}").location.startswith("/ops/login")
    log_in(client, cleo)
    assert client.post(f"{BASE}/{action}").status_code == 403


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("name", ["omar", "ana"])
def test_staff_may(client, report, action, name):
    """Nothing is there to act on, which is said only to those who may."""
    log_in(client, make_account(name))
    assert client.post(f"{BASE}/{action}").status_code in {422, 404}
