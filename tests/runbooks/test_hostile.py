"""Hostile text through inputs, notes and a runbook's own text: shown as typed, never as code."""

import re
from contextlib import suppress

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from portal.core.errors import Invalid
from portal.core.storage.database import db
from portal.runbooks.engine import step_actions
from portal.runbooks.format.inputs import LONGEST, check_inputs
from portal.runbooks.format.parse import parse_runbook
from tests.runbooks.conftest import started, turn_of
from tests.support.corpora import hostile_strings

ASKS = "## Inputs\n\n```inputs\nsaid: text\n```\n\n## Steps\n\n### One\n\n### Two\n"
OWN = [
    "<script>alert(1)</script>",
    "{{ 7*7 }}{% for x in range(9) %}x{% endfor %}",
    '"><img src=x onerror=alert(1)>',
    "</textarea><script>alert(1)</script>",
    "javascript:alert(1)",
    "\u202eright to left",
    "' OR 1=1 --",
]
ALLOWED = {"http", "https", "mailto", ""}


def read(browser, path):
    """Without the strict reader, which minds letters that HTML does not allow."""
    db.session.commit()
    return FlaskClient.open(browser, path).text


def assert_harmless(text):
    page = BeautifulSoup(text, "html5lib")
    for tag in page.find_all(True):
        assert not [name for name in tag.attrs if name.startswith("on")], tag
        for name in ("href", "src", "action", "formaction"):
            scheme = re.match(r"\s*([a-z0-9+.-]*):", str(tag.get(name, "")), re.IGNORECASE)
            assert not scheme or scheme[1].lower() in ALLOWED, tag
    assert all(script.get("src") for script in page.find_all("script"))
    assert not page.select("main iframe, main object, main embed, main style, main base")
    return page


@pytest.mark.parametrize("text", OWN)
def test_28_an_input_is_shown_as_typed(browser, omar, write, text):
    run = started(write(ASKS), omar, said=text)
    page = assert_harmless(browser.get(f"/ops/runs/{run.id}").text)
    assert text in page.find(class_="run-inputs").get_text()


@pytest.mark.parametrize("text", OWN)
def test_a_note_is_shown_as_typed_while_due_and_when_done(browser, omar, write, text):
    run = started(write(ASKS), omar)
    turn = turn_of(run)
    step_actions.note(turn, text)
    page = assert_harmless(browser.get(f"/ops/runs/{run.id}").text)
    assert page.find("textarea", id="note").get_text() == text
    step_actions.complete_step(turn_of(run))
    page = assert_harmless(browser.get(f"/ops/runs/{run.id}?step=1").text)
    assert page.find("pre", class_="typed").get_text() == text


@pytest.mark.parametrize("text", OWN)
def test_28_a_runbook_made_of_it_is_harmless(browser, write, text):
    write(
        f"---\nrisk: low\n---\n# Book {text}\n\n{text}\n\n## {text}\n\n- [ ] {text}\n\n`{text}`\n"
    )
    assert_harmless(browser.get("/ops/runbooks").text)
    assert_harmless(browser.get("/ops/runbooks/book").text)
    browser.post("/ops/runbooks/book/runs")
    page = assert_harmless(browser.get("/ops/runs/1").text)
    assert "49" not in page.find(class_="step").get_text()


def test_26_the_public_lists_of_hostile_strings(browser, omar, write):
    """All of them at once, in every place where a person can put text."""
    strings = hostile_strings()
    assert len(strings) > 500
    prose = "\n\n".join(f"- [ ] {text}\n" for text in strings[::7])
    write(f"# Book\n\n{prose}\n\n## Last\n\n{chr(10).join(strings[3::7])}\n", "prose")
    browser.post("/ops/runbooks/prose/runs")
    assert_harmless(read(browser, "/ops/runbooks/prose"))
    assert_harmless(read(browser, "/ops/runs/1"))
    run = started(write(ASKS), omar)
    step_actions.note(turn_of(run), "\n".join(strings)[:20_000])
    assert_harmless(read(browser, f"/ops/runs/{run.id}"))


def test_hostile_inputs_are_kept_as_typed_or_refused(browser, omar, write):
    asked = parse_runbook(ASKS.encode(), "book").inputs
    kept = []
    for text in hostile_strings():
        with suppress(Invalid):
            kept.append(check_inputs(asked, {"said": text})["said"])
    assert len(kept) > 500
    write(ASKS)
    for text in kept[::80]:
        run = started("book", omar, said=text)
        assert_harmless(read(browser, f"/ops/runs/{run.id}"))


def test_27_a_runbook_of_pathological_markdown_is_read_in_time(app):
    for text in ("[" * 20_000, "- " * 5_000, "> " * 5_000, "`" * 20_000, "```step\n" * 2_000):
        book = parse_runbook(f"# T\n\n## Steps\n\n### One\n\n{text}\n".encode(), "book")
        assert book.steps


def test_an_input_has_an_end(browser, write):
    write(ASKS)
    response = browser.post("/ops/runbooks/book/runs", data={"input-said": "x" * (LONGEST + 1)})
    assert response.status_code == 422
