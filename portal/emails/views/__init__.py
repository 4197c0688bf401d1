"""The pages of client emails."""

from flask import Blueprint

from portal.emails.models import Message
from portal.emails.queries import messages

blueprint = Blueprint("emails", "portal.emails", template_folder="templates")


@blueprint.app_template_global()
def messages_about(incident: str) -> list[Message]:
    """Who was told what of an incident, for its page; the newest first."""
    return messages(incident=incident)


from portal.emails.views import editing, letters, lists, mailbox, message, new  # noqa: E402, F401
