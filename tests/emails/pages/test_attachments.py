"""An item of `attachments:` is the report of the incident or another one; anything else blocks."""

import pytest

from tests.emails.pages.conftest import approve
from tests.support.pages import words

UNKNOWN = "is neither “report” nor a report that is here."


def template_with(app, head: str) -> str:
    file = app.extensions["portal.settings"].incidents_dir / "emails" / "own.md"
    file.write_text(f"---\nsubject: x\n{head}\n---\nHi [Client Name], it is attached.\n", "utf-8")
    return str(file)


@pytest.mark.parametrize(
    ("head", "named"),
    [
        ("attachments: [reprot]", f"“reprot” {UNKNOWN} Did you mean “report”?"),
        ("attachments: Report", f"“Report” {UNKNOWN} Did you mean “report”?"),
        ("attachments:\n  - report\n  - the log", f"“the log” {UNKNOWN}"),
        ("attachments: [2026-03-09-awya]", "Did you mean “2026-03-09-away”?"),
        ("attachments: [2026-03-09]", f"“2026-03-09” {UNKNOWN}"),
        ("attachments: [docs/nothing.md]", f"“docs/nothing.md” {UNKNOWN}"),
        ("attachments: {report: yes}", UNKNOWN),
        ("attachments: ['']", f"“” {UNKNOWN}"),
        ("attachment: [report]", "“attachment” is not known. Did you mean “attachments”?"),
        ("Attachments: [report]", "“Attachments” is not known. Did you mean “attachments”?"),
    ],
)
def test_what_names_no_report_is_named_by_the_linter_and_blocks(
    app, client, ana, contacts, make_drafts, head, named
):
    path = template_with(app, head)
    linted = app.test_cli_runner().invoke(args=["emails", "lint", path])
    assert (linted.exit_code, named in linted.output) == (1, True), linted.output
    message = make_drafts(template="own", people=contacts[:1])[0]
    assert named in words(client.page(f"/ops/emails/{message.id}").find(class_="findings"))
    assert approve(client, message).status_code == 409


@pytest.mark.parametrize(
    "item", ["report", "2026-03-09-away", "incidents/2026-03-09-away.md", "docs/OUT_2026_03_09.pdf"]
)
def test_the_report_by_any_of_its_names_is_attached(app, client, ana, contacts, make_drafts, item):
    path = template_with(app, f"attachments: [{item}, {item}]")
    assert app.test_cli_runner().invoke(args=["emails", "lint", path]).exit_code == 0
    message = make_drafts(template="own", people=contacts[:1])[0]
    assert [each["report"] for each in message.attachments] == ["2026-03-09-away"]
    assert approve(client, message).status_code == 303
