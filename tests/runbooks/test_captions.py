"""Settings of steps are captions, never code; facts measured now, and buttons, are in the step."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from portal.core.clock import now
from portal.core.configuration.settings import ROOT
from portal.core.storage.database import db
from portal.jobs.models import Operation, OperationState, Queue
from portal.runbooks.cli import is_page
from portal.runbooks.engine import registry
from portal.runbooks.engine.registry import LiveFact, Place, register_facts, register_place
from portal.runbooks.lint import lint_folder
from portal.runbooks.models import Run
from tests.runbooks.conftest import Write
from tests.support.pages import words

BOOK = """---
risk: low
---
# Book

What it is for.

> ## No section of its own

## Inputs

```inputs
target: choice a|b required label="Which one"
why: text label="Why"
room: text default=hall label="Room" required
```

## Steps

### One

```step
id: one
action: databases.check
timer: 5m
on-fail: rollback
```

Text after it.

### Two

~~~ Step
when: target = a and why != b
confirm: GO ON
evidence: number "How many"
facts: height, broken
buttons: roof, cellar, mad
~~~

- [ ] Done

### Three

```step
id: three
```

```python
id: not a setting
```

## Rollback

### Undo

```step
when: one = done
plan: databases
```
"""
CAPTIONS = [
    "Asked before it starts: Which one; Why (optional); Room (hall unless you choose)",
    "Automatic: Check the database · expected to take 5 min · If it fails: the Rollback steps",
    (
        "Only if “Which one” is a and “Why” is not b · Asks you to type GO ON · Asks for: How many"
        " · Shows what is measured now"
    ),
    "Only if “One” was done · Asks for the confirmations of the change",
]


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    facts, places = dict(registry._facts), dict(registry._places)
    register_facts("height", lambda target: [LiveFact(f"Height of {target}", "done", "12 m")])
    register_facts("broken", lambda _target: 1 / 0)  # type: ignore[arg-type,return-value]
    at_home = {"runbook_id": "book"}
    register_place("roof", "Roof", lambda each: Place(f"Roof of {each}", "runbooks.list_runs"))
    register_place(
        "cellar",
        "Cellar",
        lambda _: Place("Cellar", "runbooks.show_runbook", at_home, "It is wet."),
    )
    register_place("mad", "Mad", lambda _target: 1 / 0)  # type: ignore[arg-type,return-value]
    yield
    registry._facts.clear()
    registry._facts.update(facts)
    registry._places.clear()
    registry._places.update(places)


def captions(browser: FlaskClient, name: str = "book") -> list[str]:
    page = browser.page(f"/ops/runbooks/{name}")
    code = [words(each) for each in page.select("[data-document] pre")]
    assert code == (["id: not a setting"] if name == "book" else [])
    return [words(each) for each in page.select("[data-document] .caption")]


def test_each_fence_of_settings_is_a_caption(browser: FlaskClient, write: Write):
    write(BOOK)
    assert captions(browser) == CAPTIONS


def test_the_text_of_windows_and_of_lists_is_one_too(browser: FlaskClient, write: Write):
    write(BOOK.replace("\n", "\r\n").encode())
    assert captions(browser) == CAPTIONS


@pytest.mark.parametrize("name", [each.stem for each in (ROOT / "runbooks").glob("*.md")])
def test_no_runbook_that_ships_shows_a_setting(browser: FlaskClient, write: Write, name: str):
    write((ROOT / "runbooks" / f"{name}.md").read_text(), name)
    page = browser.page(f"/ops/runbooks/{name}")
    said = [words(each) for each in page.select("[data-document] pre")]
    assert not [each for each in said if any(line in each for line in ("id:", "action:", "plan:"))]
    assert page.select(".caption")


def test_what_is_not_read_is_shown_as_it_is(browser: FlaskClient, write: Write):
    write("# Book\n\n## Notes\n\n```step\nid: here\n```\n")
    page = browser.page("/ops/runbooks/book")
    assert words(page.select_one("[data-document] pre")) == "id: here"
    assert "has no effect here" in words(page.main)


def test_usually_is_the_time_of_the_action_without_that_of_people(
    browser: FlaskClient, write: Write
):
    write(BOOK)
    for seconds in (1, 3, 20):
        browser.post("/ops/runbooks/book/runs", data={"input-target": "b"})
        run, begun = db.session.query(Run).order_by(Run.id.desc()).first(), now()
        took = {"started_at": begun, "finished_at": begun + timedelta(seconds=seconds)}
        of = {"state": OperationState.DONE, "queue": Queue.OPERATIONS, "kind": "k", "title": "t"}
        by = {"requested_by_name": "Omar", "requested_by_role": "ops"}
        operation = Operation(**of, **by, **took)
        db.session.add(operation)
        db.session.flush()
        run.row("one").operation_id = operation.id
        db.session.commit()
    assert captions(browser)[1].startswith("Automatic: Check the database · usually 3.0 s")


def test_the_page_begins_with_what_it_is_for_and_the_button(browser: FlaskClient, write: Write):
    write(BOOK)
    page = browser.page("/ops/runbooks/book")
    opening, sections = page.select("[data-document]")
    assert words(opening).startswith("Book What it is for.")
    assert "No section of its own" in words(opening)
    assert words(sections).startswith("Inputs")
    assert [words(each) for each in page.main.select(".button-primary")] == ["Start run"]
    row = browser.page("/ops/runbooks").select_one("tbody tr")
    assert "What it is for." in words(row)


def test_the_due_step_shows_what_is_measured_and_where_to_go(browser: FlaskClient, write: Write):
    """What can't be measured is unknown, and ends no page."""
    write(BOOK.replace("action: databases.check\n", "").replace("on-fail: rollback\n", ""))
    browser.post("/ops/runbooks/book/runs", data={"input-target": "a"})
    run = db.session.query(Run).one()
    sent = {"version": str(run.version), "note": ""}
    browser.post(f"/ops/runs/{run.id}/steps/one/completion", data=sent)
    page = browser.page(f"/ops/runs/{run.id}")
    facts = [words(each) for each in page.select(".live-facts > *")]
    assert facts[:2] == ["Height of a", "12 m"]
    assert facts[2:] == ["broken · a", "unknown It could not be measured now."]
    assert [words(each) for each in page.select(".live-buttons li")] == [
        "Roof of a",
        "Cellar It is wet.",
        "Mad It can’t be found out now where this leads.",
    ]
    assert [each["href"] for each in page.select(".live-buttons a")] == [
        "/ops/runs",
        "/ops/runbooks/book",
    ]


def test_links_in_texts_lead_to_the_same_places(browser: FlaskClient, write: Write):
    write(BOOK)
    assert browser.get("/ops/go/roof?target=b").location == "/ops/runs"
    answer = browser.get("/ops/go/cellar")
    assert answer.location == "/ops/runbooks/book"
    assert "Cellar: It is wet." in words(browser.page(answer.location).body)
    for name in ("mad", "nothing", "%2e%2e"):
        assert browser.get(f"/ops/go/{name}").location == "/ops/runbooks"


@pytest.mark.parametrize(
    ("directive", "message"),
    [
        ("facts: height, nothing", "There are no facts called “nothing”."),
        ("buttons: nothing", "There is no button called “nothing”."),
        ("facts: height, height", "“height, height” names something twice."),
        ("buttons: ../x", "“../x” can't be read; write names with commas between them."),
    ],
)
def test_a_name_that_is_not_known_can_not_start(
    app, folder: Path, write: Write, directive: str, message: str
):
    write(f"# B\n\n## Steps\n\n### One\n\n```step\n{directive}\n```\n")
    assert [each.message for each in lint_folder(folder)] == [message]


@pytest.mark.parametrize(
    ("address", "is_dead"),
    [
        *[("/ops/backups", False), ("/ops/go/roof?target=production#x", False)],
        *[("/status", False), ("//elsewhere.example/x", False)],
        *[("/ops/nowhere", True), ("/ops/go/nothing", True), ("/ops/logout", True)],
        *[("/ops/runbooks/", True)],
    ],
)
def test_a_link_to_no_page_of_the_product_is_found(
    app, folder: Path, write: Write, address: str, is_dead: bool
):
    write(f"# B\n\nRead.\n\n| a |\n|---|\n| [x]({address}) |\n")
    found = [str(each) for each in lint_folder(folder, is_page)]
    assert bool(found) is is_dead
    if is_dead:
        assert found == [f"book.md:7: The link to “{address}” leads to no page of this product."]
