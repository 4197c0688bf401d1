"""A report is written in fields, with its source one click away."""

from io import BytesIO

import pytest

from portal.accounts.models import Organisation
from portal.core.storage.database import db
from portal.documents.drafting.drafts import draft_of, drafts_of
from portal.documents.models import DocumentVersion
from tests.documents.conftest import put
from tests.documents.editor.conftest import REPORT, published_text
from tests.documents.test_images import picture
from tests.support.editing import EditorForm, editor
from tests.support.pages import check_page

EDIT = "/ops/incidents/outage/edit"
TEXT = """---
# ours
title: 'Search was slow'
severity: high   # as the pager said
zone: Europe/London
started: 2025-12-16 14:00
resolved:
affected:
  - Search  # the page
  - "Log-in"
ticket: {id: 7}
---

# What happened

It was **slow**.
"""
IN_TEXT = """# Search was slow

**Date:** 16 December 2025 \\
**Status:** Investigating
**Severity:** P1

Words.
"""


def shown_again(answer, browser, status: int = 422) -> EditorForm:
    assert answer.status_code == status
    return EditorForm(browser, check_page(answer.text))


def published_now(shipped, published):
    file = published / "outage.md"
    return (file if file.exists() else shipped / "outage.md").read_bytes()


@pytest.mark.parametrize(
    "raw",
    [
        TEXT.encode(),
        b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode(),
        TEXT.encode().rstrip(b"\n") + b"\n\n\n",
        IN_TEXT.encode().rstrip(b"\n"),
        b"\n\n# First lines are empty\n",
    ],
)
def test_saving_without_a_change_leaves_the_file_byte_for_byte(browser, shipped, published, raw):
    put(shipped, "outage", raw)
    answer = editor(browser, EDIT).press("publications")
    assert answer.status_code == 409
    assert "Nothing was changed" in answer.text
    assert published_now(shipped, published) == raw
    assert db.session.query(DocumentVersion).count() == 0


def test_only_what_was_changed_changes_in_the_notation_of_the_file(browser, shipped, published):
    raw = b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode()
    put(shipped, "outage", raw)
    form = editor(browser, EDIT).type(
        title="Search: slow, and how", resolved="2025-12-16T15:30", affected="Search\nMail"
    )
    assert form.press("publications").status_code == 303
    expected = raw.replace(b"'Search was slow'", b"'Search: slow, and how'")
    expected = expected.replace(b"resolved:", b"resolved: 2025-12-16 15:30")
    expected = expected.replace(b'- "Log-in"', b"- Mail")
    assert published_now(shipped, published) == expected


def test_what_the_text_says_itself_is_changed_there(browser, shipped, published):
    put(shipped, "outage", IN_TEXT)
    form = editor(browser, EDIT)
    assert form.data["field_severity"] == "P1"
    assert "read as critical" in form.page.find(id="editor-field_severity").get_text()
    form.type(title="Search is back", status="resolved", severity="minor", date="17 December 2025")
    assert form.press("publications").status_code == 303
    expected = IN_TEXT.replace("was slow", "is back").replace("Investigating", "resolved")
    expected = expected.replace("P1", "minor").replace("16 Dec", "17 Dec")
    assert published_now(shipped, published).decode() == expected


REFUSED = [
    ({"title": " "}, "title", "Give the report a title"),
    ({"severity": "awful"}, "severity", "not one of critical"),
    ({"status": "perhaps"}, "status", "not one of investigating"),
    ({"started": "yesterday"}, "started", "is not a time"),
    ({"resolved": "2025-12-16T13:59"}, "resolved", "before the incident began"),
    ({"resolved": "2025-12-16 13:00 UTC"}, "resolved", "before the incident began"),
    ({"zone": ""}, "zone", ""),
    ({"zone": "PST"}, "zone", "no time zone"),
    ({"zone": "", "started": "2025-12-16T14:05"}, "zone", "in which time zone"),
    ({"date": "Tuesday"}, "date", "is not a day"),
    ({"audience": "friends"}, "audience", "Choose one"),
    ({"clients": ["acme"]}, "clients", "Choose “clients” as readers"),
    ({"audience": "clients", "clients": ["nobody"]}, "clients", "There is no client"),
    ({"body": "---\ntitle: x\n---\n"}, "body", ""),
]


@pytest.mark.parametrize(("typed", "name", "sentence"), REFUSED)
def test_what_is_not_understood_is_refused_at_its_field(browser, shipped, typed, name, sentence):
    put(shipped, "outage", TEXT)
    form = editor(browser, EDIT).type(**typed, summary="Kept: as typed")
    answer = form.press("drafts")
    if not sentence:
        assert answer.status_code == 303
        return
    again = shown_again(answer, browser)
    assert sentence in again.error(name)
    control = again.page.find(id=f"editor-field_{name}")
    assert control.has_attr("autofocus") or control.has_attr("tabindex")
    assert again.data["field_summary"] == "Kept: as typed"
    for each, value in typed.items():
        assert again.data[f"field_{each}"] == value
    assert again.data["text"].strip() == TEXT.strip()


def test_a_refused_value_is_in_the_draft_too(browser, shipped, omar):
    put(shipped, "outage", TEXT)
    editor(browser, EDIT).type(started="around two").press("drafts")
    assert "started: around two" in draft_of(REPORT, "outage", by=omar).source
    page = browser.page(EDIT)
    assert "is not a time" in page.find(class_="notice").get_text()
    assert EditorForm(browser, page).data["view"] == "source"


def test_the_source_is_one_click_away_with_what_was_typed(browser, shipped):
    put(shipped, "outage", TEXT)
    form = editor(browser, EDIT).type(title="Other", body="New words\n")
    source = form.turn("source")
    assert source.data["text"].startswith("---\n# ours\ntitle: 'Other'\n")
    assert source.data["text"].endswith("---\nNew words\n")
    source.data["text"] = source.data["text"].replace("Other", "Another")
    back = source.turn("fields")
    assert (back.data["field_title"], back.data["field_body"]) == ("Another", "New words\n")
    assert back.turn("source").data["text"] == source.data["text"]


UNFIT = [
    ("---\ntitle: One\ntitle: Two\n---\nx\n", "given twice"),
    ("---\ntitle: x\nseverity: awful\n---\nx\n", "is not one of critical"),
    ("---\ntitle: x\nstarted: 14:30\n---\nx\n", "has no day"),
    ("---\ntitle: x\nstart: 2026-01-01 10:00 UTC\nstarted: 2026-01-01 10:00 UTC\n---\nx\n", "same"),
    ("---\n{title: x, status: resolved}\n---\nx\n", "one “key: value” a line"),
    ("---\ntitle: [a, b]\n---\nx\n", "several parts"),
    ("---\ntitle: x\n", "never closed"),
    ("---\ntitle: x\nAudience: internal\n---\nx\n", "is not read"),
    ("---\ntitle: x\ndate: 2026-01-01T10:00:00Z\nsection: issue\n---\nx\n", "cState"),
    ("# x\n\n**Status:** Fixed\n**Status:** Open\n", "2 times"),
    ("# x\n\n**Status:** Not yet fixed\n", "none of the words known"),
]


@pytest.mark.parametrize(("text", "why"), UNFIT)
def test_what_fields_cannot_say_is_shown_as_source_with_the_reason(browser, shipped, text, why):
    put(shipped, "outage", text)
    form = editor(browser, EDIT)
    assert why in form.page.find(class_="notice wary").get_text()
    assert form.data["text"] == text
    assert form.data["view"] == "source"
    assert not form.page.find(id="editor-field_title")


def test_fields_save_themselves_as_the_same_text(browser, shipped, omar):
    put(shipped, "outage", TEXT)
    form = editor(browser, EDIT).type(summary="One: two")
    answer = form.press("drafts/words")
    assert answer.status_code == 200
    expected = TEXT.replace('"Log-in"\n', '"Log-in"\nsummary: "One: two"\n')
    assert draft_of(REPORT, "outage", by=omar).source == expected
    again = editor(browser, EDIT)
    assert again.data["field_summary"] == "One: two"


def test_nothing_that_a_file_cannot_have_is_said_to_be_saved(browser, shipped, omar):
    """A comment inside of brackets: the list can't be rewritten without losing it."""
    put(shipped, "outage", "---\ntitle: Slow\naffected: [search, # ours\n  login]\n---\nSlow.\n")
    form = editor(browser, EDIT).type(affected="billing", summary="Kept")
    said = form.press("drafts/words").json["said"]
    assert "“Affected” is not in the draft" in said
    source = draft_of(REPORT, "outage", by=omar).source
    assert ("summary: Kept" in source, "billing" in source) == (True, False)
    again = shown_again(form.press("drafts"), browser)
    assert again.data["field_affected"] == "billing"
    assert again.page.find("form", attrs={"data-editor": True}).has_attr("data-unsaved")


def test_an_empty_page_becomes_a_report(browser, published):
    form = editor(browser, "/ops/incidents/new?start=")
    form.type(title="Search was slow", date="2026-01-02", severity="minor", body="Words.\n")
    assert form.press("publications").status_code == 303
    [file] = published.glob("*.md")
    assert file.name == "2026-01-02-search-was-slow.md"
    text = file.read_text()
    assert text == "---\ntitle: Search was slow\ndate: 2026-01-02\nseverity: minor\n---\nWords.\n"


def test_a_heading_in_the_text_is_a_title(browser, omar):
    form = editor(browser, "/ops/incidents/new?start=").type(body="# Search\n\nWords.\n")
    assert form.press("drafts").status_code == 303
    assert [each.slug for each in drafts_of(REPORT, by=omar)] == ["search"]


def test_readers_are_chosen_and_confirmed(browser, shipped, published):
    db.session.add(Organisation(slug="acme", name="Acme"))
    db.session.commit()
    put(shipped, "outage", "---\ntitle: Slow\ndate: 2026-01-02\n---\nIt was slow.\n")
    form = editor(browser, EDIT).type(audience="clients", clients=["acme"])
    answer = form.press("publications")
    assert answer.status_code == 200
    page = check_page(answer.text)
    text = page.find("input", attrs={"name": "text"})["value"]
    assert "audience: clients\nclients: [acme]\n" in text
    assert not (published / "outage.md").exists()


def test_whoever_was_slower_sees_both_and_keeps_the_fields(browser, ana):
    published_text(ana, TEXT)
    form = editor(browser, EDIT).type(title="Mine")
    published_text(ana, TEXT.replace("slow**", "very slow**"))
    again = shown_again(form.press("publications"), browser, 409)
    assert "changed since you opened it" in again.page.find(role="alert").get_text()
    assert again.data["field_title"] == "Mine"
    assert again.page.find(class_="diff")


def test_a_picture_goes_to_the_end_of_the_text(browser, shipped):
    put(shipped, "outage", TEXT)
    form = editor(browser, EDIT).type(title="Mine")
    answer = form.press("pictures", shows="The queue", picture=(BytesIO(picture()), "chart.png"))
    again = shown_again(answer, browser, 200)
    assert again.data["field_title"] == "Mine"
    assert again.data["field_body"].rstrip().startswith("\n# What happened")
    assert "![The queue](" in again.data["field_body"]
