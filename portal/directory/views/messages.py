"""Messages of visitors to the owner of a studio: the form for them, and the owner's inbox."""

from functools import partial

from flask import flash, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from portal.core.errors import PortalError
from portal.core.forms import form_at, require_pressed
from portal.directory.forms.messages import AnswerForm, ContactForm
from portal.directory.messages import service
from portal.directory.messages.queries import inbox, message_of
from portal.directory.messages.recipients import Recipient, recipient_of
from portal.directory.messages.throttles import charge_answer, charge_message
from portal.directory.owners.models import SiteMessage
from portal.directory.users.identity import current_user, require_user
from portal.directory.users.prepared import is_prepared, require_prepared, require_writable
from portal.directory.views.site import blueprint

WROTE = "wrote"
"""The key in a visitor's session of the studio that was written to last, and the address given."""


@blueprint.get("/studios/<slug>/contact")
def show_contact(slug: str) -> str | Response | tuple[str, int]:
    recipient = recipient_of(slug)
    if recipient.slug != slug:
        return redirect(url_for(".show_contact", slug=recipient.slug))
    if not recipient.takes_messages:
        return render_template("site/messages_closed.html", recipient=recipient), 404
    if "sent" in request.args and (wrote := _wrote_to(recipient)):
        return render_template("site/messages_sent.html", recipient=recipient, email=wrote)
    form = form_at(_contact_form(), url_for(".create_message", slug=slug))
    return render_template("site/messages_contact.html", recipient=recipient, form=form)


def _contact_form() -> "partial[ContactForm]":
    """With the name and the address of who is logged in."""
    user = current_user() if is_prepared() else None
    known = {"name": user.display_name, "email": user.email} if user else {}
    return partial(ContactForm, data=known)


def _wrote_to(recipient: Recipient) -> str | None:
    wrote = session.get(WROTE)
    return wrote[1] if isinstance(wrote, list) and wrote[0] == recipient.number else None


@blueprint.post("/studios/<slug>/contact")
def create_message(slug: str) -> Response:
    form = ContactForm()
    form.require()
    recipient = recipient_of(slug)
    require_writable()
    charge_message(request.remote_addr, recipient.number)
    if not form.is_of_a_robot:
        words = {"name": form.name.data, "email": form.email.data, "body": form.message.data}
        recipient = service.send_message(slug, **words)
    session[WROTE] = [recipient.number, form.email.data]
    return redirect(url_for(".show_contact", slug=recipient.slug, sent="yes"), 303)


@blueprint.get("/me/messages")
def list_messages() -> str:
    require_prepared()
    page = inbox(require_user().id, number=_page_number())
    return render_template(
        "site/messages.html", page=page, page_address=lambda n: url_for(".list_messages", page=n)
    )


@blueprint.get("/me/messages/<message_id>")
def show_message(message_id: str) -> str:
    require_prepared()
    user = require_user()
    message, number = message_of(user.id, message_id), user.id
    form = None if message.answered_at else _answer_form(message, user.email)
    page = render_template("site/message.html", message=message, form=form)
    if request.method == "GET" and message.read_at is None:
        _mark_read(number, message_id)
    return page


def _answer_form(message: SiteMessage, address: str) -> AnswerForm:
    form = form_at(AnswerForm, url_for(".create_reply", message_id=message.id))
    form.offer(address, message.sender_name)
    return form


def _mark_read(user_id: int, message_id: str) -> None:
    """While nothing can be written, it stays unread: the page is shown all the same."""
    try:
        service.mark_read(user_id, message_id)
    except PortalError:
        return


@blueprint.post("/me/messages/<message_id>/reply")
def create_reply(message_id: str) -> Response:
    form = AnswerForm()
    form.sent()
    number = require_user().id
    message_of(number, message_id)
    form.require()
    require_writable()
    charge_answer(number)
    to = service.answer_message(
        number, message_id, body=form.body.data, revealed=form.revealed
    ).sender_email
    flash(f"Your answer is on its way to {to}.", "done")
    return redirect(url_for(".show_message", message_id=message_id), 303)


@blueprint.post("/me/messages/<message_id>/delete")
def delete_message(message_id: str) -> Response:
    user = require_user()
    require_pressed()
    name = service.delete_message(user.id, message_id)
    flash(f"The message from {name} was deleted.", "done")
    return redirect(url_for(".list_messages"), 303)


def _page_number() -> int:
    asked = request.args.get("page", "")
    return int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 7 else 1
