"""Decisions of a person on a message that failed or whose outcome is unknown."""

from werkzeug.wrappers import Response

from portal.accounts.permissions.access import staff, the_account
from portal.core.forms import require_pressed
from portal.emails.delivery.outbox import confirm_arrival, confirm_loss, send_again
from portal.emails.models import Message
from portal.emails.views import blueprint
from portal.emails.views.message_page import back, on_message


@blueprint.post("/ops/emails/<int:message_id>/arrival")
@staff
@on_message
def create_arrival(message: Message) -> Response:
    require_pressed()
    confirm_arrival(message, by=the_account())
    return back(message, f"On record: {message.to_name} got this message.")


@blueprint.post("/ops/emails/<int:message_id>/loss")
@staff
@on_message
def create_loss(message: Message) -> Response:
    require_pressed()
    confirm_loss(message, by=the_account())
    return back(message, f"Withdrawn. {message.to_name} can be sent another message about this.")


@blueprint.post("/ops/emails/<int:message_id>/sending")
@staff
@on_message
def create_sending(message: Message) -> Response:
    require_pressed()
    send_again(message, by=the_account())
    return back(message, f"The message to {message.to_name} is on its way once more.")
