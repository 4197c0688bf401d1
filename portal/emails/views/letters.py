"""A message as its reader gets it: as a page, as a file, as a test to oneself."""

from flask import flash, make_response, redirect, url_for
from werkzeug.wrappers import Response

from portal.accounts.permissions.access import staff, the_account
from portal.audit.service import record
from portal.core.configuration.settings import settings
from portal.core.errors import Unavailable
from portal.core.forms import require_pressed
from portal.core.storage.database import db
from portal.databases.targets.registry import is_demo
from portal.emails.delivery.message_bytes import NotDelivered, letter_bytes
from portal.emails.delivery.transport import transport_for
from portal.emails.drafting.attachments import attachment
from portal.emails.models import Message
from portal.emails.queries import message_by_id
from portal.emails.review.approval import letter_for, page_of
from portal.emails.views import blueprint
from portal.emails.views.frames import framed


@blueprint.get("/ops/emails/<int:message_id>/preview")
@staff
def show_preview(message_id: int) -> Response:
    return framed(page_of(message_by_id(message_id)).html)


@blueprint.get("/ops/emails/<int:message_id>/message.eml")
@staff
def download_letter(message_id: int) -> Response:
    """What was sent, without the key of its private link; of a draft, what would be sent."""
    message = message_by_id(message_id)
    return _file(_bytes(message), f"message-{message.id}.eml", "message/rfc822")


@blueprint.get("/ops/emails/<int:message_id>/attachments/<int:number>")
@staff
def download_attachment(message_id: int, number: int) -> Response:
    found = attachment(message_by_id(message_id), number)
    return _file(found.data, found.name, found.type)


@blueprint.post("/ops/emails/<int:message_id>/test")
@staff
def create_test(message_id: int) -> Response:
    """Commits before the server is contacted, so that no lock on the ops database is held
    meanwhile.
    """
    require_pressed()
    message, account = message_by_id(message_id), the_account()
    letter = letter_for(message, reply_to=account.email, to=(account.name, account.email))
    record("message.tested", message, by=account)
    address, transport = account.email, transport_for(settings().mail, is_demo=is_demo())
    db.session.commit()
    try:
        transport.deliver(letter)
    except NotDelivered as error:
        raise Unavailable(f"The test did not leave: {error.answer}") from None
    flash(f"The test is on its way to {address}.", "done")
    return redirect(url_for(".show_message", message_id=message_id), 303)


def _bytes(message: Message) -> bytes:
    return message.approved_copy or letter_bytes(letter_for(message, reply_to=the_account().email))


def _file(content: bytes, name: str, kind: str) -> Response:
    response = make_response(content)
    response.headers["Content-Type"] = kind
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response
