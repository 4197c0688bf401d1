"""Lists of messages and templates."""

from typing import Any

from flask import render_template, request, url_for
from werkzeug.wrappers import Response

from portal.accounts.permissions.access import staff
from portal.core.configuration.settings import settings
from portal.core.paging import page_of
from portal.emails.drafting.placeholder_values import SOURCES, fill_subject
from portal.emails.drafting.samples import SAMPLE, SAMPLE_READER, sample_values
from portal.emails.drafting.template import Template
from portal.emails.drafting.template_library import template_named, templates, unreadable_templates
from portal.emails.html import RenderedMessage, shown
from portal.emails.lint import lint_template, problems_of
from portal.emails.models import MessageState
from portal.emails.queries import by_state, messages
from portal.emails.views import blueprint
from portal.emails.views.frames import framed

TEMPLATES = 50


@blueprint.get("/ops/emails")
@staff
def list_messages() -> str:
    incident = request.args.get("incident", "").strip()
    asked: dict[str, Any] = {"incident": incident or None, "state": _state()}
    page = messages(_state(), incident=incident or None, page=page_number())
    return render_template(
        "emails/messages.html",
        page=page,
        page_address=lambda number: url_for(".list_messages", **asked, page=number),
        groups=by_state(page.items),
        states=list(MessageState),
        state=_state(),
        incident=incident,
        has_mailbox=settings().mail.is_file,
    )


@blueprint.get("/ops/emails/templates")
@staff
def list_templates() -> str:
    page = page_of(templates(), number=page_number(), size=TEMPLATES)
    return render_template(
        "emails/templates.html",
        page=page.showing([(each, problems_of(each)) for each in page.items]),
        page_address=lambda number: url_for(".list_templates", page=number),
        unreadable=unreadable_templates(),
        sources=SOURCES,
    )


@blueprint.get("/ops/emails/templates/<path:slug>")
@staff
def show_template(slug: str) -> str:
    template = template_named(slug)
    return render_template(
        "emails/template.html",
        template=template,
        problems=lint_template(template),
        subject=fill_subject(template.subject, sample_values(template)),
        page=_sample_of(template),
        sample=SAMPLE,
    )


@blueprint.get("/ops/emails/templates/<path:slug>/sample")
@staff
def show_sample(slug: str) -> Response:
    """The template's sample as a page of its own, for the frames."""
    return framed(_sample_of(template_named(slug)).html)


def _sample_of(template: Template) -> RenderedMessage:
    values = sample_values(template)
    return shown(
        subject=fill_subject(template.subject, values),
        body=template.filled(values),
        reader=SAMPLE_READER,
        base_url=settings().base_url,
    )


def page_number() -> int:
    return request.args.get("page", 1, type=int)


def _state() -> MessageState | None:
    given = request.args.get("state", "")
    return MessageState(given) if given in list(MessageState) else None
