"""A run's page: one step in the middle, the others to be read; titles, durations, the record."""

import hashlib
import re
from datetime import timedelta

import pytest

from portal.core.clock import now
from portal.core.storage.database import db
from portal.jobs.models import Operation
from portal.runbooks.models import Run, RunStep
from tests.runbooks.conftest import carry_out, started
from tests.runbooks.test_pages import send
from tests.support.cast import log_in, make_account
from tests.support.pages import words

BOOK = """# Tune
## Inputs
```inputs
target: choice development required
```
## Steps
### Listen
Hear [the turn](#turn).
- [ ] Out of tune
### Turn
```step
action: tests.errand
```
### Play
## Rollback
### Undo turn
"""


@pytest.fixture
def run(browser, omar, write, the_errand) -> Run:
    return started(write(BOOK), omar, target="development")


def page_of(browser, run: Run, query: str = ""):
    return browser.page(f"/ops/runs/{run.id}{query}")


def test_each_step_can_be_read_ahead_and_the_way_back_is_said(browser, run):
    page = page_of(browser, run, "?step=3")
    assert words(page.title).startswith("Step 3 of 3: Play · development · Tune")
    shown = page.select_one(".run-step")
    assert words(shown.h2) == "3 Play"
    assert not shown.has_attr("aria-current")
    assert not page.select(".run-step form, .run-step button, #abort")
    back = page.select_one(".run-back")
    assert "You are reading step 3. It is to come." in words(back)
    assert back.a["href"] == f"/ops/runs/{run.id}#due"
    links = page.select(".run-steps a")
    assert [link["href"] for link in links] == [
        f"/ops/runs/{run.id}",
        f"/ops/runs/{run.id}?step=2",
        f"/ops/runs/{run.id}?step=3",
    ]
    assert [words(link) for link in links if link.has_attr("aria-current")] == ["3 Play"]
    assert words(page.select_one(".run-steps summary")) == "1 of 3 · Listen"


@pytest.mark.parametrize("query", ["", "?step=1", "?step=0", "?step=99", "?step=-1", "?step=x"])
def test_any_other_number_shows_the_due_step(browser, run, query):
    page = page_of(browser, run, query)
    assert words(page.title).startswith("Step 1 of 3: Listen · development")
    assert words(page.find(attrs={"aria-current": "step"}).h2) == "1 Listen"
    assert page.find(id="due")["tabindex"] == "-1"


def test_after_each_action_the_page_opens_where_the_work_goes_on_and_says_what_was_done(
    browser, run, the_errand
):
    answer = send(browser, run, "listen", "completion", tick="0")
    assert answer.location == f"/ops/runs/{run.id}#due"
    page = page_of(browser, run)
    said = page.select_one("[role=status][data-announce]")
    assert words(said) == "Step 1, “Listen”, is done."
    assert words(page.find(id="due")) == "2 Turn"
    send(browser, run, "turn", "record", note="soon")
    assert words(page_of(browser, run).select_one("[data-announce]")) == "Saved by Omar."

    the_errand.fails = True
    send(browser, run, "turn", "operation")
    carry_out(run)
    page = page_of(browser, run)
    [said] = page.select("[data-announce]")
    assert words(said).startswith("“Run an errand” failed.")
    assert page.select_one(".step-link-failed")
    data = {"version": run.version, "reason": "It is <hopeless>."}
    browser.post(f"/ops/runs/{run.id}/abort", data=data)
    page = page_of(browser, run)
    assert "Rolling back. By Omar: It is <hopeless>." in words(page.select_one("[data-announce]"))
    assert words(page.title).startswith("Step 4 of 4: Undo turn · development")
    data["version"] = run.version
    browser.post(f"/ops/runs/{run.id}/abort", data=data)
    page = page_of(browser, run)
    assert words(page.title).startswith("Aborted · development · Tune")
    assert words(page.find(id="due")) == "Aborted"


def finish(browser, run: Run) -> None:
    send(browser, run, "listen", "completion", tick="0", note="a `b` <i> ``` | x")
    send(browser, run, "turn", "operation")
    carry_out(run)
    send(browser, run, "play", "completion")
    db.session.expire_all()


def make_last(run: Run) -> None:
    """An hour by hand, an hour of waiting, then a minute of work."""
    begun = now() - timedelta(hours=3)
    first, second, third = (db.session.get_one(RunStep, row.id) for row in run.rows[:3])
    [operation] = db.session.query(Operation)
    run.started_at = first.due_at = begun
    first.completed_at = second.due_at = begun + timedelta(hours=1)
    operation.requested_at = begun + timedelta(hours=2)
    operation.finished_at = operation.requested_at + timedelta(minutes=1)
    second.completed_at = third.due_at = operation.finished_at
    run.finished_at = third.completed_at = operation.finished_at
    db.session.commit()


def test_durations_leave_out_the_waiting_of_people(browser, omar, run):
    finish(browser, run)
    make_last(run)
    page = page_of(browser, run)
    assert "It took 1 min of work, 2 h waiting." in words(page.select_one(".run-sentence"))
    assert [words(each) for each in page.select(".step-took")] == ["1 h", "1 min", "0.0 s"]
    assert "1 h by hand" in words(page_of(browser, run, "?step=1").select_one(".step-meta"))
    step = words(page_of(browser, run, "?step=2").select_one(".step-meta"))
    assert step == "1 min of work, 1 h waiting"
    assert "1 min" in words(browser.page("/ops/runs").select("tbody")[-1])
    book = words(browser.page("/ops/runbooks/book"))
    assert "1 min of work, 2 h waiting" in book
    assert "Takes1 min (median of earlier runs)" in book
    assert words(browser.page("/ops/runbooks").select_one("tbody .nowrap")) == "1 min"
    again = started("book", omar, target="development")
    assert "usually 1 min" in words(page_of(browser, again, "?step=2").select_one(".caption"))


def test_the_end_is_one_sentence_with_what_to_do_next(browser, run):
    finish(browser, run)
    page = page_of(browser, run)
    assert words(page.title).startswith("Done · development · Tune")
    end = page.select_one(".run-end.good")
    assert [words(link) for link in end.select("a")] == ["Tell clients", "Download the record"]
    assert end.a["href"] == "/ops/emails/new"
    assert not page.find(attrs={"aria-current": "step"})
    assert "Go to the end of the run" in words(page_of(browser, run, "?step=1"))


def test_the_record_is_one_file_whose_entries_can_be_checked(browser, run):
    run.inputs = {**run.inputs, "place": "postgresql://ana:hu/hush@db/x"}
    finish(browser, run)
    answer = browser.get(f"/ops/runs/{run.id}/record.md")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="run-1-book.md"'
    assert answer.mimetype == "text/markdown"
    text = answer.text
    assert text.startswith("# Record of run 1: Tune\n")
    assert "hush" not in text
    assert "````text\na `b` <i> ``` | x\n````" in text, "as it was typed"
    assert "| a \\`b\\` \\<i\\> \\`\\`\\` \\| x |" in text, "no cell and no code of the table"
    assert "- [x] Out of tune (Omar, " in text
    assert "Run an errand: done." in text
    found = re.findall(r"hash `(\w+)`, chain `\w+`\n\n```text\n(.*)\n```", text)
    assert {hashlib.sha256(b"\0" + line.encode()).hexdigest() for _, line in found} == {
        leaf for leaf, _ in found
    }
    actions = [re.search(r'"action":"([\w.]+)"', line)[1] for _, line in found]
    assert actions[0] == "run.started"
    assert {"step.completed", "operation.finished", "run.finished"} <= set(actions)


def test_a_client_downloads_no_record(client, run):
    log_in(client, make_account("cleo"))
    assert client.get(f"/ops/runs/{run.id}/record.md").status_code == 403
