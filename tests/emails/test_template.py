"""A template is a Markdown file, with front matter or without."""

from datetime import date

import pytest

from portal.core.configuration.settings import ROOT
from portal.core.errors import Invalid
from portal.documents.audiences.audience import Audience
from portal.documents.document import parse_document, read_document
from portal.emails.drafting.template import REPORT, Template, template_of
from portal.emails.lint import lint_folder
from tests.support.corpora import need_corpora

WITH = """---
subject: "News on [Incident Date]"
audience: clients
fields:
  - Cause
  - name: Cure
    hint: What brought it back.
    default: We restarted it.
attachments: [report]
---
Hi [Client Name],

---

[Cause] [Cure]
"""
WITHOUT = """# Update

**Subject:** The site on [Incident Date]

---

Hi [Client Name],

***

[What Happened]

---

**Attachments:**
- The report: `reports/OUTAGE_2024_03_09.md`
- Everything else is in it
"""


def read(source: str) -> Template:
    return template_of(parse_document(source, "update"))


def test_front_matter_says_subject_audience_fields_and_attachments():
    template = read(WITH)
    assert template.subject == "News on [Incident Date]"
    assert template.audience is Audience.CLIENTS
    assert [(each.name, each.default) for each in template.fields] == [
        ("Cause", ""),
        ("Cure", "We restarted it."),
    ]
    assert template.fields[1].hint == "What brought it back."
    assert [each.path for each in template.attachments] == [REPORT]
    assert template.body.startswith("Hi [Client Name]")
    assert template.body.endswith("[Cause] [Cure]")


def test_without_front_matter_the_body_is_between_the_first_and_the_last_rule():
    template = read(WITHOUT)
    assert template.subject == "The site on [Incident Date]"
    assert template.body.split() == ["Hi", "[Client", "Name],", "***", "[What", "Happened]"]
    assert template.body_line == WITHOUT.splitlines().index("Hi [Client Name],") + 1


def test_an_attachment_names_a_file_and_a_day_or_only_tells():
    first, second = read(WITHOUT).attachments
    assert (first.slug, first.day) == ("OUTAGE_2024_03_09", date(2024, 3, 9))
    assert (second.path, second.day) == (None, None)


def test_what_nothing_fills_is_asked_for():
    assert [each.name for each in read(WITHOUT).asked] == ["What Happened"]
    assert [each.name for each in read(WITH).asked] == ["Cause", "Cure"]


@pytest.mark.parametrize("rules", ["", "---\n"])
def test_with_one_rule_or_none_the_rest_is_the_body(rules):
    template = read(f"**Subject:** Hello\n\n{rules}\nHi there\n\n**Attachments:**\n- a.md\n")
    assert template.subject == "Hello"
    assert template.body.strip() == "Hi there"
    assert [each.path for each in template.attachments] == ["a.md"]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("audience: everybody", "the audience “everybody” is none of"),
        ("fields: [{hint: x}]", "a field is a name"),
        ("fields: [[a]]", "a field is a name"),
    ],
)
def test_wrong_front_matter_is_refused_with_the_file(line, sentence):
    with pytest.raises(Invalid, match=sentence) as refused:
        read(f"---\nsubject: x\n{line}\n---\nHi")
    assert "update.md" in str(refused.value)


def test_the_source_template_works_unchanged():
    folder = need_corpora() / "source"
    template = template_of(read_document(folder / "client-email-template.md", folder))
    assert template.subject == "Site Incident Update - December 16, 2025"
    assert template.body.startswith("Hi [Client Name],")
    assert template.body.endswith("Best regards,")
    assert [each.key for each in template.placeholders] == ["client name"]
    assert template.asked == []
    assert [each.day for each in template.attachments] == [date(2025, 12, 16), None]


def test_the_shipped_templates_have_no_findings():
    folder = ROOT / "incidents" / "emails"
    assert list(folder.glob("*.md"))
    assert lint_folder(folder) == []
