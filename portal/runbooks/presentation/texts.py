"""The texts of a runbook in a run: its sections, where its headings are, how it changed since."""

from bisect import bisect_right
from difflib import unified_diff

from markupsafe import Markup

from portal.core.errors import Invalid, NotFound
from portal.documents.markdown.blocks.sections import headings
from portal.documents.rendering.render import render
from portal.runbooks.format.library import runbook_named
from portal.runbooks.format.parse import Runbook
from portal.runbooks.models import Run, RunStep
from portal.runbooks.prose import below_a_heading, linked_inside, named_boxes, with_boxes_in_view


def places_of(
    runbook: Runbook, rows: list[RunStep], shown: int | None, here: str
) -> dict[str, str]:
    """Where the runbook's headings are, by slug: a section or the step with the number `shown` on
    this page, another step at its own address."""
    steps = {
        row.step_id: f"{here}?step={number}#step-{number}" for number, row in enumerate(rows, 1)
    }
    if shown:
        steps[rows[shown - 1].step_id] = f"#step-{shown}"
    begins = {step.line: steps.get(step.id) for step in runbook.all_steps}
    begins |= {each.line: f"#about-{number}" for number, each in enumerate(runbook.reading, 1)}
    document, lines = runbook.document, sorted(begins)
    found = {}
    for heading in headings(document.body, start_line=document.body_line):
        begins_part = heading.level <= 2 and heading.line not in begins
        at = bisect_right(lines, heading.line) - (0 if begins_part else 1)
        if 0 <= at < len(lines) and (place := begins[lines[at]]):
            found[heading.slug] = place
    return found


def read_in_run(body: str, places: dict[str, str]) -> Markup:
    """A section of the runbook that is no step, as HTML."""
    html = linked_inside(below_a_heading(render(body).html), places)
    return named_boxes(with_boxes_in_view(html))


def changes_since(run: Run) -> tuple[list[str] | None, bool]:
    """The diff from the run's source to the current file, and whether the file was removed."""
    try:
        current = runbook_named(run.runbook_id).source
    except NotFound:
        return None, True
    except Invalid:
        return ["The file can't be read now."], False
    if current == run.source:
        return None, False
    then, today = run.source.splitlines(), current.splitlines()
    return [*unified_diff(then, today, "followed by this run", "now", lineterm="", n=2)], False
