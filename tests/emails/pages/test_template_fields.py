"""An email template in fields: its subject, its placeholders, its text."""

from pathlib import Path

import pytest

from tests.documents.editor.conftest import browser_of
from tests.support.editing import EditorForm, editor
from tests.support.pages import check_page

AT = "/ops/emails/templates"
BOLD = """# Word to clients

**Subject:** The site on [Incident Date]

---

Hi [Client Name],

---
"""


@pytest.fixture
def incidents(settings) -> Path:
    return settings.incidents_dir


def test_its_placeholders_are_listed_with_their_meaning(app, incidents):
    form = editor(browser_of(app, "ana"), f"{AT}/update/edit", AT)
    assert form.data["field_subject"] == "The site on [Incident Date]"
    said = form.page.find(class_="editor-insertions").get_text()
    for each in ("[Cause]", "asked for before", "[Client Name]", "how the contact is addressed"):
        assert each in said
    assert form.page.find("button", attrs={"data-insert": "[Client Name]"})


def test_subject_and_text_are_changed_in_place(app, incidents):
    browser = browser_of(app, "ana")
    was = (incidents / "emails" / "update.md").read_text()
    form = editor(browser, f"{AT}/update/edit", AT).type(subject='News: "[Site Name]"')
    source = form.turn("source").data["text"]
    assert source == was.replace('"The site on [Incident Date]"', '"News: \\"[Site Name]\\""')


def test_a_file_of_bold_lines_keeps_its_notation(app, incidents):
    (incidents / "emails" / "bold.md").write_text(BOLD)
    form = editor(browser_of(app, "ana"), f"{AT}/bold/edit", AT)
    assert form.data["field_subject"] == "The site on [Incident Date]"
    source = form.type(subject="Another", title="Word").turn("source").data["text"]
    assert source == BOLD.replace("The site on [Incident Date]", "Another").replace(
        "Word to clients", "Word"
    )


def test_a_message_without_a_title_or_a_subject_is_refused_at_the_field(app, incidents):
    form = editor(browser_of(app, "ana"), f"{AT}/update/edit", AT).type(title="", subject="")
    answer = form.press("drafts")
    assert answer.status_code == 422
    assert "Give the template a title" in answer.text
    assert "Give the message a subject" in answer.text


def test_attachments_that_the_text_lists_are_shown_and_never_replaced_unseen(app, incidents):
    """The front matter would count alone, and the list below it no more."""
    text = BOLD + "\n**Attachments:**\n\n- report\n- The plan, plan.md\n"
    (incidents / "emails" / "bold.md").write_text(text)
    form = editor(browser_of(app, "ana"), f"{AT}/bold/edit", AT)
    assert form.data["field_attachments"].split("\n") == ["report", "The plan, plan.md"]
    assert form.type(subject="Another").turn("source").data["text"].endswith(text[-50:])
    for typed in ("report", "report\nother.md", ""):
        answer = form.type(attachments=typed).press("drafts")
        assert answer.status_code == 422
        again = EditorForm(form.browser, check_page(answer.text), AT)
        assert "The text below" in again.error("attachments")
        assert again.data["field_attachments"] == typed
