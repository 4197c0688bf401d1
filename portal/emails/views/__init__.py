"""The pages of client emails: they read forms and render pages; the services have the rules.

Each module has a page or two. Start with `message`.
"""

from datetime import datetime

from flask import Blueprint

from portal.documents.editor import register_editor
from portal.emails import queries
from portal.emails.models import Message
from portal.emails.writing import TEMPLATES

blueprint = Blueprint("emails", "portal.emails", template_folder="templates")


@blueprint.app_template_global()
def messages_about(incident: str) -> list[Message]:
    """The messages about an incident, for its page; newest first."""
    return queries.messages_about(incident)


@blueprint.app_template_global()
def first_message(incident: str) -> datetime | None:
    """When the first message about an incident was sent to a client."""
    return queries.first_sent(incident)


from portal.emails.views import (  # noqa: E402
    confirmations,  # noqa: F401
    doubts,  # noqa: F401
    letters,  # noqa: F401
    lists,  # noqa: F401
    mailbox,  # noqa: F401
    message,  # noqa: F401
    new,  # noqa: F401
    words,  # noqa: F401
)

register_editor(blueprint, TEMPLATES, at="/ops/emails/templates")
