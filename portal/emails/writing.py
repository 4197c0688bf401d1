"""How administrators edit templates of messages in the browser."""

from dataclasses import replace
from pathlib import Path

from portal.accounts.clients.queries import organisations
from portal.accounts.models import Role
from portal.documents.audiences.audience import Audience, Reader
from portal.documents.document import Document
from portal.documents.drafting.naming import slug_for
from portal.documents.front_matter.positions import pictures_elsewhere, shown_as_link
from portal.documents.models import DocumentKind
from portal.documents.rendering.embedding import fitted_inside
from portal.documents.writing import (
    EditableKind,
    Finding,
    Preview,
    PreviewFacts,
    PreviewResult,
    Viewpoint,
)
from portal.emails.drafting.attachments import Dated
from portal.emails.drafting.placeholder_values import fill_subject
from portal.emails.drafting.samples import SAMPLE, SAMPLE_READER, sample_values
from portal.emails.drafting.template import Template, template_of
from portal.emails.html import rendered_for
from portal.emails.lint import lint_template
from portal.emails.template_fields import TEMPLATE_FIELDS
from portal.incidents.reports import all_reports


def viewpoints() -> list[Viewpoint]:
    """A fictitious client, then each real one: no other contact receives messages."""
    return [
        Viewpoint("sample", SAMPLE, SAMPLE_READER),
        *(
            Viewpoint(
                f"client:{each.slug}", f"client {each.name}", Reader(Audience.CLIENTS, each.slug)
            )
            for each in organisations()
        ),
    ]


def known(_slug: str, text: str) -> PreviewFacts:
    """Reports are needed only if the text attaches some."""
    reports = all_reports() if "attachments" in text else []
    return PreviewFacts(reports=tuple((each.slug, each.day) for each in reports))


def preview_of(
    document: Document, source: str, reader: Reader, known: PreviewFacts
) -> PreviewResult:
    template, reports = template_of(document), [Dated(*each) for each in known.reports]
    problems = lint_template(template, source=source, reports=reports)
    found = [Finding(each.line, each.message) for each in problems]
    found += [
        Finding(line, shown_as_link(host), is_note=True, asks_for_upload=True)
        for line, host in pictures_elsewhere(document)
    ]
    return PreviewResult(_preview(template, reader), found)


def name(document: Document) -> str:
    """A slug from its title; empty without a title of its own."""
    return "" if document.title == "New" else slug_for(document.title)


def _preview(template: Template, reader: Reader) -> Preview:
    """Filled in as on a template's page: each field's default, or its name."""
    values = sample_values(template)
    rendered = rendered_for(template.filled(values), reader)
    rendered = replace(rendered, html=fitted_inside(rendered.html))
    facts = {
        "Subject": fill_subject(template.subject, values),
        "Asks for": ", ".join(field.name for field in template.asked),
        "Attachments": "; ".join(wish.text for wish in template.attachments if wish.path),
    }
    shown = [(key, value or "nothing") for key, value in facts.items()]
    return Preview(template.title, rendered=rendered, facts=shown)


TEMPLATES = EditableKind(
    kind=DocumentKind.TEMPLATE,
    noun="template",
    plural="templates",
    roles=(Role.ADMIN,),
    starters=Path(__file__).parent / "starters",
    shown_at="emails.show_template",
    listed_at="emails.list_templates",
    viewpoints=viewpoints,
    preview_of=preview_of,
    known=known,
    name=name,
    fields=TEMPLATE_FIELDS,
)
