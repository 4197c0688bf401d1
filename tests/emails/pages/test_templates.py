"""Administrators write templates in the browser; everybody on the staff sees what they ask for."""

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from portal.core.storage.database import db
from portal.documents.document import parse_document
from portal.documents.drafting.starters import starter_text, starters_in
from portal.documents.models import DocumentKind, DocumentVersion
from portal.documents.publishing.sources import current_source
from portal.emails.writing import TEMPLATES
from tests.support.cast import log_in, make_account
from tests.support.pages import words

AT = "/ops/emails/templates"
TEXT = """---
subject: "News of [Incident Date]"
title: News
cause: x
fields:
  - Cause
---
Hi [Client Name], it was [Cause], or rather [Effect].

/// client zenith
Only for Zenith.
///
"""
HTMX = {"HX-Request": "true"}


def send(client, place: str, text: str = TEXT, slug: str = "update", **fields):
    source = current_source(DocumentKind.TEMPLATE, slug)
    data = {"text": text, "slug": slug, "opened": source.sha256 if source else "", **fields}
    return client.post(f"{AT}/{place}", data=data, headers=HTMX if place == "preview" else {})


def test_a_published_template_is_the_one_that_messages_are_made_of(client, ana, make_drafts):
    response = send(client, "publications", TEXT, note="News, not an update")
    assert (response.status_code, response.location) == (303, f"{AT}/update")
    page = client.page(response.location)
    assert "version 1" in words(page.find(id="versions"))
    assert page.find("a", href=f"{AT}/update/versions")
    assert make_drafts()[0].subject == "News of 9 March 2026"
    patch = client.get(page.find("a", href=f"{AT}/update/changes.patch")["href"]).text
    assert "emails/update.md" in patch
    assert "-it was [Cause]." in patch
    compared = words(client.page(f"{AT}/update/comparison?old=shipped&new=1"))
    assert "only in" in compared
    row = db.session.scalars(select(DocumentVersion)).one()
    assert (row.kind, row.note) == (DocumentKind.TEMPLATE, "News, not an update")


def test_the_preview_is_filled_in_and_names_the_lines_with_findings(client, ana, contacts):
    preview = _soup(send(client, "preview").text)
    page = words(preview)
    assert "News of 9 March 2026" in page
    assert "Hi Robin, it was (Cause), or rather (Effect)." in page
    assert "Only for Zenith" not in page
    found = {words(each) for each in preview.find(class_="editor-findings").find_all("li")}
    assert "line 4 The key “cause” is not known." in found
    assert any(each.startswith("line 8 “[Effect]” is not a field here") for each in found)
    zenith = words(_soup(send(client, "preview", viewpoint="client:zenith").text))
    assert "Only for Zenith" in zenith


def test_what_can_not_be_read_is_said_and_not_lost(client, ana, contacts):
    broken = "---\nsubject: x\naudience: friends\n---\nHi"
    page = words(_soup(send(client, "preview", broken).text))
    assert "the audience “friends” is none of" in page
    assert "can’t be shown until that is fixed" in page


@pytest.mark.parametrize("name", [each.name for each in starters_in(TEMPLATES.starters)])
def test_each_text_to_start_from_can_be_published_as_it_is(app, name):
    text = starter_text(TEMPLATES.starters, name)
    document = parse_document(text, "new")
    assert TEMPLATES.name(document)
    for viewpoint in TEMPLATES.viewpoints():
        look = TEMPLATES.preview_of(document, text, viewpoint.reader, TEMPLATES.known("", text))
        assert look.findings == []
        assert "[" not in look.preview.rendered.html


def test_the_page_shows_fields_sample_and_findings(client, ana, contacts):
    page = client.page(f"{AT}/update")
    assert "No problems" in words(page)
    assert "Cause" in words(page.find("section", attrs={"aria-labelledby": "fields"}))
    frames = [(each["width"], each["src"]) for each in page.find_all("iframe")]
    sample = f"{AT}/update/sample?scheme="
    assert frames == [(w, f"{sample}{s}") for w in ("390", "700") for s in ("light", "dark")]
    assert "Hi Robin," in client.get(frames[0][1]).text
    assert page.find("a", href=f"{AT}/update/edit")


def test_ops_read_templates_and_write_none(client, contacts):
    log_in(client, make_account("omar"))
    page = client.page(f"{AT}/update")
    assert "Administrators write templates." in words(page)
    assert not page.find("a", href=f"{AT}/update/edit")
    assert client.get(f"{AT}/update/sample").status_code == 200
    assert send(client, "publications").status_code == 403
    for place in ("new", "update/edit", "update/versions", "changes.patch"):
        assert client.get(f"{AT}/{place}").status_code == 403


def _soup(text: str):
    return BeautifulSoup(text, "html5lib")
