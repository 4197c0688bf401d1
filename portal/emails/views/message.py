"""One message: its words, what stands against it, and the way out of the house."""

from collections.abc import Callable
from functools import wraps

from flask import current_app, flash, redirect, render_template, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from portal.accounts.access import admins, staff, the_account
from portal.audit.refusals import record_refusal
from portal.core.database import db
from portal.core.errors import Conflict, Forbidden, Invalid, Refused, Unavailable
from portal.emails.approval import approve_message, findings_of, is_unchanged, may_approve, page_of
from portal.emails.checks import blocking
from portal.emails.corrections import correct_message
from portal.emails.drafts import edit_message
from portal.emails.models import Message
from portal.emails.outbox import reopen_message, withdraw_message
from portal.emails.queries import message_by_id, next_draft
from portal.emails.seal import content_hash
from portal.emails.views import blueprint

Page = Response | str | tuple[str, int]
Action = Callable[[Message], Response]


@blueprint.get("/ops/emails/<int:message_id>")
@staff
def show_message(message_id: int) -> str:
    return _page(message_by_id(message_id))


def _refused_on_the_page(action: Action) -> Callable[[int], Page]:
    """Commit and go on; a refusal is shown on the message's page."""

    @wraps(action)
    def view(message_id: int) -> Page:
        try:
            answer = action(message_by_id(message_id))
        except (Invalid, Conflict, Refused, Unavailable) as error:
            record_refusal(error, by=the_account())
            return _page(message_by_id(message_id), error=str(error)), error.status
        except Forbidden as error:
            record_refusal(error, by=the_account())
            raise
        db.session.commit()
        return answer

    return view


@blueprint.post("/ops/emails/<int:message_id>")
@admins
@_refused_on_the_page
def update_message(message: Message) -> Response:
    edit_message(
        message,
        subject=request.form.get("subject", ""),
        body=request.form.get("body", ""),
        seen_hash=request.form.get("seen", ""),
        by=the_account(),
    )
    return _back(message, "Saved. Whoever approves it approves these words.")


@blueprint.post("/ops/emails/<int:message_id>/approval")
@staff
@_refused_on_the_page
def create_approval(message: Message) -> Response:
    approve_message(
        message,
        seen_hash=request.form.get("seen", ""),
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
@_refused_on_the_page
def delete_approval(message: Message) -> Response:
    reopen_message(message, by=the_account())
    return _back(message, "This is a draft again. It leaves when somebody approves it anew.")


@blueprint.post("/ops/emails/<int:message_id>/withdrawal")
@staff
@_refused_on_the_page
def create_withdrawal(message: Message) -> Response:
    withdraw_message(message, by=the_account())
    return _back(message, f"Withdrawn. {message.to_name} does not get this message.")


@blueprint.post("/ops/emails/<int:message_id>/correction")
@admins
@_refused_on_the_page
def create_correction(message: Message) -> Response:
    correction = correct_message(
        message,
        wrong=request.form.get("wrong", ""),
        right=request.form.get("right", ""),
        by=the_account(),
    )
    return _back(correction, "This is the correction. It leaves when it is approved.")


def leads_somewhere(path: str) -> bool:
    """Whether this site has a page at that path."""
    if path.startswith("/client/links/"):
        return True  # a private link: who may open it is decided when it is opened
    try:
        current_app.url_map.bind("").match(path, method="GET")
    except HTTPException as error:
        return error.code is not None and error.code < 400
    return True


def _page(message: Message, *, error: str | None = None) -> str:
    found = findings_of(message, leads_somewhere=leads_somewhere) if message.is_draft else []
    return render_template(
        "emails/message.html",
        message=message,
        page=page_of(message),
        seen=content_hash(message),
        findings=found,
        blocked=bool(blocking(found)),
        may_approve=may_approve(message, the_account()),
        is_unchanged=is_unchanged(message),
        is_admin=the_account().is_admin,
        error=error,
        typed=request.form,
    )


def _back(message: Message, sentence: str) -> Response:
    db.session.flush()
    flash(sentence, "done")
    return redirect(url_for(".show_message", message_id=message.id), 303)
