"""What a report says leaves it through a ReportView alone, which checks the reader itself."""

import ast
import re

from tests.house.tree import ROOT, parsed, tracked
from tests.support.nothing import require_none

#: The view itself, what reads facts out of a text, and what names faults in it for its author.
INSIDE = {
    "access/foreign_fences.py",
    "access/statement.py",
    "access/text_about_readers.py",
    "report_fields/checks.py",
    "lint/facts.py",
    "lint/links.py",
    "lint/reading.py",
    "lint/run.py",
    "lint/text.py",
    "parsing/cstate.py",
    "report.py",
    "report_view.py",
    "timelines/timeline.py",
}
RAW = re.compile(r"\bdocument\.body\b|\bfacts\.updates\b|\bfor_reader\(|\btable_rows\(")


def outside():
    for path in tracked("portal/incidents/*.py", "portal/emails/*.py", "portal/control/*.py"):
        if str(path.relative_to(ROOT / "portal")).removeprefix("incidents/") not in INSIDE:
            yield path


def test_no_other_module_touches_the_raw_text_of_a_report():
    found = {}
    for path in outside():
        text = path.read_text(encoding="utf-8")
        if hits := [each[0] for each in RAW.finditer(text)]:
            found[str(path.relative_to(ROOT))] = hits
    known = {
        # messages and their templates are documents of their own
        "portal/emails/review/checks.py": ["for_reader("] * 2,
        "portal/emails/review/doubtful.py": ["for_reader("],
        "portal/emails/html.py": ["for_reader("],
        "portal/emails/drafting/template.py": ["document.body"] * 3,
        "portal/emails/template_fields.py": ["document.body"],
    }
    require_none(
        {name: hits for name, hits in found.items() if hits != known.get(name)},
        "Let a ReportView give the text, which cuts it for its reader; for a text that is no report"
        " say so here",
    )
    assert found.keys() == known.keys(), "remove what touches no text any more"


def test_the_text_of_a_report_is_laid_out_by_its_view_alone():
    """A page hands its view on, and what is made of the text is kept in it."""
    renderers = [
        path.name
        for path in tracked("portal/incidents/*.py")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ImportFrom) and node.module == "portal.documents.rendering.render"
        if "render" in {each.name for each in node.names}
    ]
    assert renderers == ["report_view.py"], "let a ReportView lay the text out"


def test_no_template_reaches_past_it():
    pages = [
        each for each in tracked("portal/*.html") if "document.body" in each.read_text("utf-8")
    ]
    require_none(pages, "Give the template a ReportView in place of the document")
