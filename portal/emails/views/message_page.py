"""The page of one message, which shows refusals too."""

from collections.abc import Callable
from functools import partial, wraps

from flask import current_app, flash, redirect, render_template, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from portal.accounts.permissions.access import the_account
from portal.core.configuration.settings import settings
from portal.core.errors import Conflict, Invalid, NotFound
from portal.core.forms import form_at
from portal.core.storage.database import db
from portal.databases.targets.registry import is_demo
from portal.emails.delivery.approval_hash import content_hash
from portal.emails.delivery.transport import no_server
from portal.emails.drafting.placeholders import key_of
from portal.emails.drafting.refill import template_of_draft
from portal.emails.drafting.template import Template
from portal.emails.drafting.template_match import has_templates_words, is_unchanged, may_approve
from portal.emails.forms import CorrectionForm, RefillForm, fields_form
from portal.emails.models import Message
from portal.emails.queries import message_by_id, next_draft
from portal.emails.review.already_sent import messages_repeated_by
from portal.emails.review.approval import findings_of, page_of
from portal.emails.review.checks import blocking
from portal.emails.views.words import words_on_the_page
from portal.incidents.client_area.link_addresses import STAND_IN
from portal.incidents.reports import report_outside

Action = Callable[[Message], Response]


def on_message(action: Action) -> Callable[[int], Response]:
    """Load the message, act and commit."""

    @wraps(action)
    def view(message_id: int) -> Response:
        answer = action(message_by_id(message_id))
        db.session.commit()
        return answer

    return view


def leads_somewhere(path: str) -> bool:
    """Whether this site has a page at that path."""
    if path.startswith("/client/links/"):
        return path.removesuffix(".pdf") == f"/client/links/{STAND_IN}"  # keys are never stored
    try:
        current_app.url_map.bind("").match(path, method="GET")
    except HTTPException as error:
        return error.code is not None and error.code < 400
    return True


def message_page(message: Message) -> str:
    found = findings_of(message, leads_somewhere=leads_somewhere) if message.is_draft else []
    template = _template_of(message) if message.is_draft else None
    return render_template(
        "emails/message.html",
        message=message,
        page=page_of(message),
        seen=content_hash(message),
        findings=found,
        repeated=messages_repeated_by(message) if message.is_draft else [],
        confirmed={each["key"]: each for each in message.confirmed or []},
        blocked=bool(blocking(found)),
        staff_only=message.is_draft and report_outside(message.mailing.incident) is None,
        may_approve=may_approve(message, the_account()),
        is_unchanged=is_unchanged(message),
        is_admin=the_account().is_admin,
        template=template,
        refill=_refill(message, template) if template else None,
        has_own_words=not has_templates_words(message),
        has_others=next_draft(message) is not None,
        no_server=no_server(settings().mail, is_demo=is_demo()),
        correction=form_at(
            CorrectionForm, url_for("emails.create_correction", message_id=message.id)
        ),
        **words_on_the_page(message, the_account()),
    )


def back(message: Message, sentence: str, *, at: str | None = None) -> Response:
    """Redirect to the message's page; `at` is the section to continue in."""
    db.session.flush()
    flash(sentence, "done")
    return redirect(url_for(".show_message", message_id=message.id, _anchor=at), 303)


def _template_of(message: Message) -> Template | None:
    """None if the draft can't be filled again from it."""
    try:
        return template_of_draft(message)
    except (Conflict, NotFound, Invalid):
        return None


def _refill(message: Message, template: Template) -> RefillForm:
    """With the values as just submitted, else as in the draft."""
    address = url_for("emails.update_fields", message_id=message.id)
    form = form_at(partial(fields_form, RefillForm, template), address)
    for each in () if form.is_sent else form.fields:
        each.data = message.fields.get(key_of(each.label.text), "")
    return form
