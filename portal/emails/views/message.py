"""One message: its text, its findings, and sending it."""

from flask import flash, redirect, url_for
from werkzeug.wrappers import Response

from portal.accounts.permissions.access import admins, staff, the_account
from portal.core.forms import require_pressed
from portal.emails.delivery.outbox import reopen_message, withdraw_message
from portal.emails.drafting.corrections import correct_message
from portal.emails.drafting.drafts import edit_message
from portal.emails.drafting.refill import refill_message, template_of_draft
from portal.emails.drafting.unsaved import end_unsaved
from portal.emails.forms import CorrectionForm, EditForm, RefillForm, SeenForm, fields_form
from portal.emails.models import Message
from portal.emails.queries import message_by_id, next_draft
from portal.emails.review.approval import approve_message
from portal.emails.views import blueprint
from portal.emails.views.message_page import (
    back,
    leads_somewhere,
    message_page,
    on_message,
)


@blueprint.get("/ops/emails/<int:message_id>")
@staff
def show_message(message_id: int) -> str:
    return message_page(message_by_id(message_id))


@blueprint.post("/ops/emails/<int:message_id>")
@admins
@on_message
def update_message(message: Message) -> Response:
    form, by = EditForm(), the_account()
    form.require()
    typed = form.typed()
    edit_message(message, subject=typed.subject, body=typed.body, seen_hash=typed.seen, by=by)
    end_unsaved(message, typed, by=by)
    return back(message, "Saved. An approval covers exactly this text.")


@blueprint.post("/ops/emails/<int:message_id>/fields")
@staff
@on_message
def update_fields(message: Message) -> Response:
    form = fields_form(RefillForm, template_of_draft(message))
    form.require()
    filled = refill_message(
        message,
        fields=form.typed(),
        seen_hash=form.seen.data or "",
        with_others=form.with_others.data,
        by=the_account(),
    )
    others = " The other drafts too." if len(filled) > 1 else ""
    return back(message, f"Saved: the draft is filled in again.{others}")


@blueprint.post("/ops/emails/<int:message_id>/approval")
@staff
@on_message
def create_approval(message: Message) -> Response:
    form = SeenForm()
    form.require()
    approve_message(
        message,
        seen_hash=form.seen.data or "",
        leads_somewhere=leads_somewhere,
        by=the_account(),
    )
    flash(f"The message to {message.to_name} is on its way.", "done")
    other = next_draft(message)
    if other:
        return redirect(url_for(".show_message", message_id=other.id), 303)
    return redirect(url_for(".list_messages", incident=message.mailing.incident), 303)


@blueprint.post("/ops/emails/<int:message_id>/approval/end")
@staff
@on_message
def delete_approval(message: Message) -> Response:
    require_pressed()
    reopen_message(message, by=the_account())
    return back(message, "This is a draft again. It is sent only after a new approval.")


@blueprint.post("/ops/emails/<int:message_id>/withdrawal")
@staff
@on_message
def create_withdrawal(message: Message) -> Response:
    require_pressed()
    withdraw_message(message, by=the_account())
    return back(message, f"Withdrawn. {message.to_name} does not get this message.")


@blueprint.post("/ops/emails/<int:message_id>/correction")
@admins
@on_message
def create_correction(message: Message) -> Response:
    form = CorrectionForm()
    form.require()
    correction = correct_message(
        message, wrong=form.wrong.data or "", right=form.right.data or "", by=the_account()
    )
    return back(correction, "This is the correction. It leaves when it is approved.")
