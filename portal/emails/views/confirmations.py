"""Confirming one finding of a draft: this text is intended."""

from werkzeug.wrappers import Response

from portal.accounts.permissions.access import staff, the_account
from portal.emails.forms import FindingForm
from portal.emails.models import Message
from portal.emails.review.confirmations import confirm_finding, end_confirmation
from portal.emails.views import blueprint
from portal.emails.views.message_page import back, on_message

AT = "approve"


@blueprint.post("/ops/emails/<int:message_id>/confirmations")
@staff
@on_message
def create_confirmation(message: Message) -> Response:
    form = _form()
    found = confirm_finding(
        message, key=form.finding.data, seen_hash=form.seen.data or "", by=the_account()
    )
    return back(message, f"Confirmed. {found.sentence}", at=AT)


@blueprint.post("/ops/emails/<int:message_id>/confirmations/end")
@staff
@on_message
def delete_confirmation(message: Message) -> Response:
    form = _form()
    end_confirmation(
        message, key=form.finding.data, seen_hash=form.seen.data or "", by=the_account()
    )
    return back(message, "The confirmation is withdrawn.", at=AT)


def _form() -> FindingForm:
    form = FindingForm()
    form.require()
    return form
