"""A client asks, ops answer, and the client reads the answer where they asked."""

import pytest
from sqlalchemy import select

from portal.audit.models import AuditEntry
from portal.core.errors import Conflict, Invalid, NotFound
from portal.core.storage.database import db
from portal.incidents.client_area.questions import (
    LONGEST,
    MOST_OPEN,
    answer_question,
    ask_question,
    question_on,
    questions_about,
)
from portal.incidents.models import Question
from portal.incidents.reports import report_named
from portal.incidents.sharing.open_matters import open_matters
from tests.incidents.client_area.conftest import make_contact
from tests.support.cast import log_in, make_account
from tests.support.corpora import hostile_strings
from tests.support.pages import check_page, words

ASK = "/client/incidents/outage/questions"


@pytest.fixture
def question(outage, contact):
    asked = ask_question(report_named("outage"), "Is it over?", by=contact.account)
    db.session.commit()
    return asked


def asked():
    db.session.expire_all()
    return list(db.session.scalars(select(Question)))


def section(client, address="/client/incidents/outage"):
    return words(client.page(address).select_one("#questions"))


def test_a_client_asks_and_sees_that_it_is_sent(cleos, outage):
    answer = cleos.post(ASK, data={"text": "  Is it over?\r\nReally? "})
    assert (answer.status_code, answer.location) == (303, "/client/incidents/outage#questions")
    assert [each.text for each in asked()] == ["Is it over?\nReally?"]
    assert "Is it over? Really? Not answered yet." in section(cleos)


@pytest.mark.parametrize("text", ["", "   \n", "x" * (LONGEST + 1)])
def test_a_question_needs_words_and_not_too_many(cleos, outage, text):
    answer = cleos.post(ASK, data={"text": text})
    assert answer.status_code == 422
    assert check_page(answer.text).select_one("#questions .error")
    assert asked() == []


def test_one_person_has_so_many_open_questions_at_most(cleos, question, contact):
    for _ in range(MOST_OPEN - 1):
        ask_question(report_named("outage"), "And then?", by=contact.account)
    answer = cleos.post(ASK, data={"text": "And then?"})
    assert answer.status_code == 409
    assert "wait for an answer already" in words(check_page(answer.text).main)


def test_the_answer_is_where_the_question_was_asked(cleos, question, omar):
    answer_question(question, "Yes.\n\nSince 15:12.", by=omar)
    assert "Omar answered" in section(cleos)
    assert "Yes. Since 15:12." in section(cleos)
    assert open_matters().questions == []


def test_a_question_is_answered_once(question, omar, ana):
    answer_question(question, "Yes.", by=omar)
    with pytest.raises(Conflict, match="Omar has answered"):
        answer_question(question, "No.", by=ana)


def test_an_answer_needs_words(question, omar):
    with pytest.raises(Invalid, match="needs words"):
        answer_question(question, " \n ", by=omar)


def test_a_question_belongs_to_its_report(question):
    with pytest.raises(NotFound):
        question_on("another", question.id)


def test_another_person_sees_neither_question_nor_answer(app, question, omar):
    answer_question(question, "Yes.", by=omar)
    dora = make_account("dora", question.account.role)
    make_contact("acme", "Dora", dora)
    browser = app.test_client()
    log_in(browser, dora)
    assert "Is it over?" not in section(browser)


def test_who_asked_and_who_answered_is_in_the_log(question, omar):
    answer_question(question, "Yes.", by=omar)
    rows = db.session.execute(select(AuditEntry.action, AuditEntry.actor_id, AuditEntry.target))
    target = "incidents/outage"
    assert rows.all() == [
        ("question.asked", question.account_id, target),
        ("question.answered", omar.id, target),
    ]


@pytest.mark.parametrize("name", ["omar", "ana"])
def test_staff_ask_nothing_in_a_client_s_name(client, outage, name):
    log_in(client, make_account(name))
    assert client.post(ASK, data={"text": "Is it over?"}).status_code == 403
    assert asked() == []


def test_10_no_client_asks_about_another_client_s_report(cleos, for_beta):
    address = "/client/incidents/for-beta/questions"
    assert cleos.post(address, data={"text": "What is it?"}).status_code == 404
    assert asked() == []


def test_hostile_questions_and_answers_are_shown_as_typed(cleos, question, omar):
    """All of them at once: the page's own elements are all there is in it."""
    plain = cleos.page("/client/incidents/outage")
    question.text = " ".join(hostile_strings())
    answer_question(question, " ".join(hostile_strings()[-40:])[:LONGEST], by=omar)
    page = cleos.page("/client/incidents/outage")
    box = page.select_one("article.question")
    assert {tag.name for tag in box.find_all(True)} <= {"p", "br", "a", "div", "time"}
    assert all(tag["href"].startswith("http") for tag in box.find_all("a"))
    assert len(page.find_all("script")) == len(plain.find_all("script"))


def test_the_questions_of_a_report_are_in_the_order_they_were_asked(question, contact):
    ask_question(report_named("outage"), "And now?", by=contact.account)
    texts = [each.text for each in questions_about("outage")]
    assert texts == ["Is it over?", "And now?"]
    assert questions_about("outage", asked_by=make_account("omar")) == []
