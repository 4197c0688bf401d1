"""Handing a letter over: to a server by SMTP, or in a demo into a folder.

What matters is what is known afterwards. Until the server has been sent the letter's end it can't
have taken it; from then on only its answer tells, and without one nobody knows.
"""

from email.message import EmailMessage
from typing import Protocol

from portal.core.configuration.mail_url import MailRoute
from portal.emails.delivery.mail_folder import MailFolder
from portal.emails.delivery.message_bytes import InDoubt, NotDelivered, Permanent, Temporary
from portal.emails.delivery.smtp import SmtpTransport

__all__ = ["InDoubt", "NotDelivered", "Permanent", "Temporary", "Transport", "transport_for"]


NO_SERVER = (
    "MAIL_URL names no mail server, and only a demo writes messages into a folder instead. "
    "Set MAIL_URL to smtp://… and start the worker anew."
)


class Transport(Protocol):
    """One way out."""

    def deliver(self, letter: EmailMessage) -> str:
        """The server's answer. Raises Temporary, Permanent or InDoubt."""


class NoServer:
    """Fits `Transport` where nobody would get anything: tried again when there is a server."""

    def deliver(self, letter: EmailMessage) -> str:
        raise Temporary(NO_SERVER)


def no_server(route: MailRoute, *, is_demo: bool) -> str | None:
    """Why nothing can be delivered here; None where something can."""
    return NO_SERVER if route.is_file and not is_demo else None


def transport_for(route: MailRoute, *, is_demo: bool) -> Transport:
    """A folder reaches nobody, so that outside of a demo it counts as no delivery."""
    if route.folder is None:
        return SmtpTransport(route)
    return MailFolder(route.folder) if is_demo else NoServer()
