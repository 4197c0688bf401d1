import pytest

from portal.core.storage.database import db
from portal.runbooks.models import Run, RunState
from tests.runbooks.conftest import carry_out, titles
from tests.support.pages import check_page, words

BOOK = """---
title: Tune the piano
risk: medium
review-by: 2020-01-01
---
# Tune the piano

Twice a year.

## Inputs

```inputs
target: choice development|production required label="Which piano"
loud: flag label="Make it loud" hint="Only at night."
```

## Steps

### Listen

- [ ] It is out of tune
- [x] Somebody complained

#### Well

### Turn

```step
confirm: TURN IT
```

## Rollback

### Turn it back
"""


def start(browser, name="book", **inputs):
    data = {f"input-{key}": value for key, value in inputs.items()}
    return browser.post(f"/ops/runbooks/{name}/runs", data=data)


def send(browser, run, step, place, **fields):
    db.session.expire_all()
    data = {"version": str(run.version), "note": "", **fields}
    return browser.post(f"/ops/runs/{run.id}/steps/{step}/{place}", data=data)


def test_the_list_shows_each_runbook_with_risk_review_and_last_run(browser, write):
    write(BOOK)
    start(browser, target="development")
    page = browser.page("/ops/runbooks")
    row = page.find("tbody").find("tr").get_text(" ", strip=True)
    assert "Tune the piano" in row
    assert "medium" in row
    assert "overdue" in row
    assert "run 1" in row


def test_the_list_is_searched_by_words(browser, write):
    write(BOOK)
    write("# Sweep the floor\n", "house/floor")
    assert "Sweep" not in browser.page("/ops/runbooks?q=piano+TWICE").get_text()
    assert "Nothing found" in browser.page("/ops/runbooks?q=violin").get_text()
    assert "house" in browser.page("/ops/runbooks").get_text()


def test_a_file_that_can_not_be_read_is_listed_with_its_line(browser, write):
    write("---\ntitle: [\n---\n# X\n", "broken")
    assert "broken.md, line" in browser.page("/ops/runbooks").get_text()


def test_a_runbook_that_can_not_start_says_why_in_the_list_and_on_its_page(browser, write):
    write("# Book\n\n## Steps\n\n### One\n\n```step\napprove: 1 of admin\n```\n")
    assert "line 8" in browser.page("/ops/runbooks").get_text()
    page = browser.page("/ops/runbooks/book")
    assert "can't enforce “approve”" in page.get_text()
    assert not page.find("form", attrs={"action": "/ops/runbooks/book/runs"})


def test_the_page_of_a_runbook_holds_the_document_alone_in_its_element(browser, write):
    write(BOOK)
    page = browser.page("/ops/runbooks/book")
    document = page.find(attrs={"data-document": True})
    assert document.find("h1").get_text() == "Tune the piano"
    assert not document.find("form")
    assert page.find("select", attrs={"name": "input-target"})
    assert page.find("input", attrs={"name": "input-loud", "type": "checkbox"})


def test_an_input_that_is_missing_is_asked_for_again_with_the_rest_as_typed(browser, write):
    write(BOOK)
    response = start(browser, loud="yes")
    assert response.status_code == 422
    page = check_page(response.text)
    assert "“Which piano” is needed." in words(page.select_one(".error"))
    assert page.select_one("select[name=input-target]").has_attr("autofocus")
    assert page.select_one("input[name=input-loud]").has_attr("checked")
    assert db.session.query(Run).count() == 0


def test_a_box_that_is_ticked_by_default_can_be_unticked(browser, write):
    write(BOOK.replace("loud: flag", "loud: flag default=yes"))
    assert browser.page("/ops/runbooks/book").select_one("input[name=input-loud][checked]")
    start(browser, target="production")
    assert db.session.query(Run).one().inputs["loud"] == "no"


def test_a_run_is_followed_to_its_end_in_the_browser(browser, write):
    write(BOOK)
    start(browser, target="production")
    run = db.session.query(Run).one()
    page = browser.page(f"/ops/runs/{run.id}")
    assert page.find(attrs={"aria-current": "step"}).find("h2").get_text() == "1 Listen"
    assert "NOT IDENTIFIED" in page.find(class_="band").get_text()  # no database stands there
    assert len(page.find_all("input", attrs={"name": "tick", "form": "step-form"})) == 1

    assert send(browser, run, "listen", "completion", tick="0", note="flat A").status_code == 302
    assert send(browser, run, "turn", "confirmation", phrase="TURN IT").status_code == 302
    db.session.expire_all()
    assert run.state is RunState.DONE
    assert titles(run)[:2] == ["Listen: done", "Turn: done"]
    assert "flat A" in browser.page(f"/ops/runs/{run.id}").get_text()


def test_what_was_typed_survives_a_refusal(browser, write):
    write(BOOK)
    start(browser, target="production")
    run = db.session.query(Run).one()
    response = send(browser, run, "listen", "completion", note="not yet\n  indented")
    assert response.status_code == 409
    assert "not yet\n  indented</textarea>" in response.text
    db.session.expire_all()
    assert run.rows[0].note == ""


def test_the_due_step_keeps_what_was_saved(browser, write):
    write(BOOK)
    start(browser, target="production")
    run = db.session.query(Run).one()
    send(browser, run, "listen", "record", note="{{ 7*7 }} <b>", tick="0")
    page = browser.page(f"/ops/runs/{run.id}")
    assert page.find("textarea", id="note").get_text().strip() == "{{ 7*7 }} <b>"
    assert page.find("input", attrs={"name": "tick", "value": "0"}).has_attr("checked")


def test_the_runs_are_listed_open_and_past(browser, write):
    assert "No run is open" in browser.page("/ops/runs").get_text()
    write("# One\n\nDo it.\n", "one")
    start(browser, "one")
    assert "1 One" in browser.page("/ops/runs").get_text()
    run = db.session.query(Run).one()
    send(browser, run, run.rows[0].step_id, "completion")
    page = browser.page("/ops/runs")
    assert "done" in page.find_all("tbody")[-1].get_text()


def test_a_changed_runbook_shows_how_it_differs_from_what_the_run_follows(browser, write):
    write(BOOK)
    start(browser, target="development")
    write(BOOK.replace("Twice a year.", "Once a year."))
    page = browser.page("/ops/runs/1").get_text()
    assert "The runbook has changed since" in page
    assert "-Twice a year." in page
    assert "+Once a year." in page


def test_a_runbook_that_is_gone_leaves_its_runs(browser, write, folder):
    write(BOOK)
    start(browser, target="development")
    (folder / "book.md").unlink()
    assert "no longer in the folder" in browser.page("/ops/runs/1").get_text()


@pytest.mark.parametrize("path", ["/ops/runs/99", "/ops/runbooks/nothing", "/ops/runbooks/a/../b"])
def test_what_is_not_there_is_404(browser, path):
    assert browser.get(path).status_code == 404


def test_a_state_change_by_get_is_405(browser, write):
    write(BOOK)
    start(browser, target="development")
    for place in ("driver", "abort", "steps/listen/completion", "steps/turn/operation"):
        assert browser.get(f"/ops/runs/1/{place}").status_code == 405


def test_a_run_belongs_to_the_place_of_runbooks(browser, write):
    write(BOOK)
    start(browser, target="development")
    current = browser.page("/ops/runs/1").select("nav [aria-current=page]")
    assert [each.get_text(strip=True) for each in current] == ["Runs", "Runs"]


def test_while_an_action_runs_the_page_asks_by_itself_with_and_without_script(
    browser, write, the_errand
):
    write("## Steps\n### Go\n```step\naction: tests.errand\n```\n")
    start(browser)
    run = db.session.query(Run).one()
    send(browser, run, "go", "operation")
    response = browser.get("/ops/runs/1")
    assert '<noscript><meta http-equiv="refresh" content="2; url=/ops/runs/1">' in response.text
    page = browser.page("/ops/runs/1")
    pulse = page.find(attrs={"hx-trigger": "every 1s", "hx-swap": "none"})["hx-get"]
    assert browser.get(pulse).status_code == 204
    db.session.expire_all()
    carry_out(run)
    assert browser.get(pulse).headers["HX-Trigger"] == "run-moved"
    assert "hx-get" not in str(browser.page("/ops/runs/1").find("ol", class_="steps"))
