"""The three shipped templates, one after the other: first word, what happened, all clear."""

import pytest

from portal.core.configuration.settings import ROOT
from portal.documents.document import read_document
from portal.emails.drafting.template import template_of
from portal.emails.writing import TEMPLATES
from portal.incidents.writing import REPORTS
from tests.emails.pages.conftest import all_messages, approve, edit
from tests.support.pages import words

SHIPPED = ROOT / "incidents" / "emails"
SLUGS = ("first-word", "what-happened", "all-clear")
TYPED = "As it was"


@pytest.fixture
def folder(app):
    folder = app.extensions["portal.settings"].incidents_dir / "emails"
    for slug in SLUGS:
        (folder / f"{slug}.md").write_bytes((SHIPPED / f"{slug}.md").read_bytes())
    return folder


def fields_of(slug: str):
    return template_of(read_document(SHIPPED / f"{slug}.md", SHIPPED)).asked


def draft(client, slug: str, contact, **typed: str):
    data = {"incident": "2026-03-09-away", "template": slug, "contact": str(contact.id), **typed}
    response = client.post("/ops/emails", data=data)
    assert response.status_code == 303, response.text
    return all_messages()[-1]


def required(slug: str) -> dict[str, str]:
    found = enumerate(fields_of(slug))
    return {f"field-{at}": f"{TYPED}." for at, field in found if not field.optional}


def test_each_is_sent_after_the_other_and_none_twice(client, ana, contacts, folder):
    for slug in SLUGS:
        message = draft(client, slug, contacts[0], **required(slug))
        page = words(client.page(f"/ops/emails/{message.id}"))
        assert "Ready to send." in page
        assert approve(client, message).status_code == 303
    for slug in SLUGS:
        data = {"incident": "2026-03-09-away", "template": slug, "contact": str(contacts[0].id)}
        assert client.post("/ops/emails", data=data).status_code == 409
    page = client.page("/ops/emails/new?incident=2026-03-09-away")
    assert words(page.main).count("(sent before)") == len(SLUGS)


@pytest.mark.parametrize("slug", SLUGS)
def test_without_values_it_is_blocked_by_each_required_field(client, ana, contacts, folder, slug):
    message = draft(client, slug, contacts[0])
    page = words(client.page(f"/ops/emails/{message.id}"))
    for field in fields_of(slug):
        filled_by_report = field.name in ("Incident End", "Duration")
        named = f"Nothing is filled in for “[{field.name}]”." in page
        assert named is not (field.optional or filled_by_report), field
    assert approve(client, message).status_code == 409


@pytest.mark.parametrize("path", [*sorted(SHIPPED.glob("*.md")), *TEMPLATES.starters.glob("*.md")])
def test_no_template_states_a_fact_or_an_instruction_by_itself(path):
    template = template_of(read_document(path, path.parent))
    assert [field.default for field in template.asked if field.default] == []
    assert all(field.hint and field.hint not in template.body for field in template.fields)
    bare = template.filled({}).casefold()
    for fact in ("lost", "intact", "kept", "as it was", "restored", "fully", "safe"):
        assert fact not in bare.replace("[what was lost]", ""), fact


@pytest.mark.parametrize("slug", SLUGS)
def test_what_is_shipped_is_what_one_starts_from(slug):
    (starter,) = TEMPLATES.starters.glob(f"*-{slug}.md")
    assert starter.read_text("utf-8") == (SHIPPED / f"{slug}.md").read_text("utf-8")


def test_text_of_a_starter_blocks_in_the_message_its_fields_and_the_report(
    client, app, ana, contacts, folder
):
    starter = (REPORTS.starters / "1-outage.md").read_text("utf-8")
    sentence = "What was being worked on, what went wrong, and why it could go wrong."
    assert sentence in starter
    hint = fields_of("what-happened")[0].hint
    typed = {**required("what-happened"), "field-0": hint}
    message = draft(client, "what-happened", contacts[0], **typed)
    edit(client, message, body=f"{message.body}\n\n{sentence}")
    report = app.extensions["portal.settings"].incidents_dir / "2026-03-09-away.md"
    report.write_text(
        report.read_text("utf-8") + "\nThe first answer, then the recovery, with times.\n"
    )
    page = words(client.page(f"/ops/emails/{message.id}").find(class_="findings"))
    assert f"“{sentence}” came with the text to begin with" in page
    assert f"The field “What happened” holds its hint: “{hint}”" in page
    assert "In the attached report “The first answer, then the recovery, with times.”" in page
    assert approve(client, all_messages()[-1]).status_code == 409
