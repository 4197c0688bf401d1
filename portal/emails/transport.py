"""Handing a letter over: to a server by SMTP, or into a folder.

What matters is what is known afterwards. Until the server has been sent the letter's end it can't
have taken it; from then on only its answer tells, and without one nobody knows.
"""

from email.message import EmailMessage
from typing import Protocol

from portal.core.mail import MailRoute
from portal.emails.letter import InDoubt, NotDelivered, Permanent, Temporary
from portal.emails.mail_folder import MailFolder
from portal.emails.smtp import SmtpTransport

__all__ = ["InDoubt", "NotDelivered", "Permanent", "Temporary", "Transport", "transport_for"]


class Transport(Protocol):
    """One way out."""

    def deliver(self, letter: EmailMessage) -> str:
        """The server's answer. Raises Temporary, Permanent or InDoubt."""


def transport_for(route: MailRoute) -> Transport:
    return MailFolder(route.folder) if route.folder else SmtpTransport(route)
