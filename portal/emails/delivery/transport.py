"""Delivery of a letter: to a server by SMTP, or in a demo into a folder.

The certainty of the outcome matters. Until the server has received the end marker it can't have
accepted the letter; afterwards only its response tells, and without one the outcome is unknown.
"""

from email.message import EmailMessage
from typing import Protocol

from portal.core.configuration.mail_url import MailRoute
from portal.emails.delivery.mail_folder import MailFolder
from portal.emails.delivery.message_bytes import NotDelivered, OutcomeUnknown, Permanent, Temporary
from portal.emails.delivery.smtp import SmtpTransport

__all__ = ["NotDelivered", "OutcomeUnknown", "Permanent", "Temporary", "Transport", "transport_for"]


NO_SERVER = (
    "MAIL_URL names no mail server, and only a demo writes messages into a folder instead. "
    "Set MAIL_URL to smtp://… and restart the worker."
)


class Transport(Protocol):
    """A way to deliver letters."""

    def deliver(self, letter: EmailMessage) -> str:
        """The server's response. Raises Temporary, Permanent or InDoubt."""


class NoTransport:
    """Implements `Transport` if no server is configured: retried once there is one."""

    def deliver(self, letter: EmailMessage) -> str:
        raise Temporary(NO_SERVER)


def no_server(route: MailRoute, *, is_demo: bool) -> str | None:
    """Why nothing can be delivered here; None if delivery is possible."""
    return NO_SERVER if route.is_file and not is_demo else None


def transport_for(route: MailRoute, *, is_demo: bool) -> Transport:
    """The transport for these settings. Outside of a demo a folder does not count as delivery."""
    if route.folder is None:
        return SmtpTransport(route)
    return MailFolder(route.folder) if is_demo else NoTransport()
