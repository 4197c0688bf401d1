"""Headings of other teams' runbooks: steps, rollback, and what is only read; links and folds."""

import pytest

from portal.core.storage.database import db
from portal.runbooks.format.parse import parse_as_before, parse_runbook
from portal.runbooks.models import Run, RunStep
from tests.support.corpora import FOLDER, need_corpora

PARTS = {
    "Steps": "steps",
    "Update Steps": "steps",
    "2. Migration steps": "steps",
    "Next steps": None,
    "Follow-up steps": None,
    "Troubleshooting steps": None,
    "Steps we took": None,
    "Rollback": "rollback",
    "Rollback procedure": "rollback",
    "How to roll back": "rollback",
    "Rolling back the change": "rollback",
    "Roll-back steps": "rollback",
    "Back-out plan": "rollback",
    "Known rollback problems": None,
}
BOOK = """# Replace the store

## Overview

Read this. The way back is [below](#troubleshooting).

## Update Steps

### Stop writes

See [Troubleshooting](#troubleshooting), then [switch](#switch).

### Switch

<details><summary>Before</summary>
<details><summary>Deeper</summary>

- [ ] Old store is read-only

</details>
</details>

<details><summary>Nothing to tick</summary>

Text.

</details>

## Verification

Look at it.

## Rollback procedure

### Switch back

## Troubleshooting

Look at the log.
"""


@pytest.mark.parametrize(("title", "part"), PARTS.items(), ids=PARTS)
def test_a_heading_is_understood_by_whole_words(title: str, part: str | None) -> None:
    text = f"# T\n\n## Steps\n\n### One\n\n## {title}\n\n### Two\n\nText.\n"
    book = parse_runbook(text.encode(), "book")
    places = {
        "steps": [each.title for each in book.steps][1:],
        "rollback": [each.title for each in book.rollback],
        None: [title for each in book.reading if each.title == title],
    }
    assert places[part] == [title if part is None else "Two"]
    assert sum(map(len, places.values())) == 1


def test_what_is_not_understood_is_a_step() -> None:
    """A section between steps of another title is never left to the reader."""
    book = parse_runbook(BOOK.encode(), "book")
    assert [each.title for each in book.steps] == ["Stop writes", "Switch", "Verification"]
    assert [each.title for each in book.rollback] == ["Switch back"]
    assert [each.title for each in book.reading] == ["Overview", "Troubleshooting"]


def test_a_rollback_alone_is_what_there_is_to_do() -> None:
    book = parse_runbook(b"# T\n\n## Rollback plan\n\nSwitch back.\n", "book")
    assert [each.title for each in book.steps] == ["Rollback plan"]
    assert book.rollback == ()


def test_a_foreign_file_is_followed_as_its_author_meant(browser, write) -> None:
    need_corpora()
    write((FOLDER / "cases/runbooks/links-and-rollback.md").read_bytes())
    browser.post("/ops/runbooks/book/runs", data={})
    page = browser.page("/ops/runs/1")
    assert len(page.select(".run-steps li")) == 2
    link = page.find("a", string="Troubleshooting")
    place = page.find(id=link["href"].removeprefix("#"))
    assert "Look at the log." in place.get_text()


def test_links_lead_to_their_place_in_the_run_and_no_box_is_folded_away(browser, write) -> None:
    write(BOOK)
    browser.post("/ops/runbooks/book/runs", data={})
    page = browser.page("/ops/runs/1")
    targets = {a.get_text(): a["href"] for a in page.select(".document a[href]")}
    assert targets == {
        "below": "#about-2",
        "Troubleshooting": "#about-2",
        "switch": "/ops/runs/1?step=2#step-2",
    }
    run = db.session.get_one(Run, 1)
    data = {"version": str(run.version), "note": ""}
    browser.post("/ops/runs/1/steps/stop-writes/completion", data=data)
    page = browser.page("/ops/runs/1")
    box = page.find("input", attrs={"name": "tick"})
    assert [fold.has_attr("open") for fold in box.find_parents("details")] == [True, True]
    closed = page.find("summary", string="Nothing to tick").parent
    assert not closed.has_attr("open")


def test_a_run_of_an_earlier_release_keeps_its_steps(browser, write, monkeypatch) -> None:
    write(BOOK)
    before = parse_as_before(BOOK.encode(), "book")
    assert [each.id for each in before.steps][:2] == ["overview", "update-steps"]
    browser.post("/ops/runbooks/book/runs", data={})
    for row in db.session.query(RunStep):
        db.session.delete(row)
    db.session.flush()
    for position, step in enumerate(before.all_steps):
        db.session.add(
            RunStep(run_id=1, step_id=step.id, title=step.title, part=step.part, position=position)
        )
    db.session.commit()
    heads = browser.page("/ops/runs/1").select(".run-steps li")
    assert all(step.title in head.text for step, head in zip(before.steps, heads, strict=True))
