"""Builds the MIME message: HTML and plain text, attachments, headers of one line each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256
from typing import Any

from portal.core.errors import Invalid
from portal.emails.drafting.placeholder_values import one_line

#: Long lines of text are encoded and folded: 7 bits and CRLF everywhere.
POLICY = SMTP.clone(cte_type="7bit", raise_on_defect=False)
LINE, LONGEST_LINE = 76, 900


@dataclass(frozen=True)
class Attachment:
    name: str
    data: bytes
    type: str = "application/pdf"

    @property
    def facts(self) -> dict[str, Any]:
        """The facts about it that are stored with a message."""
        return {
            "name": self.name,
            "type": self.type,
            "size": len(self.data),
            "sha256": sha256(self.data).hexdigest(),
        }


@dataclass(frozen=True)
class Envelope:
    """Sender and recipient. Replies go to `reply_to`, an address."""

    to_name: str
    to_address: str
    from_name: str
    from_address: str
    reply_to: str | None = None


def build(
    envelope: Envelope,
    *,
    subject: str,
    html: str,
    text: str,
    message_id: str,
    at: datetime,
    attachments: Sequence[Attachment] = (),
) -> EmailMessage:
    """Raises Invalid for a header with a line break and for an invalid address."""
    letter = EmailMessage(policy=POLICY)
    letter.set_raw("Subject", folded("Subject", one_line(subject, "The subject")))
    letter.set_raw("From", addressed("From", envelope.from_name, envelope.from_address))
    letter.set_raw("To", addressed("To", envelope.to_name, envelope.to_address))
    if envelope.reply_to:
        letter.set_raw("Reply-To", addressed("Reply-To", "", envelope.reply_to))
    letter["Date"] = format_datetime(at)
    letter["Message-ID"] = one_line(message_id, "The message’s id")
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(text, cte="quoted-printable")
    letter.add_alternative(html, subtype="html", cte="quoted-printable")
    for each in attachments:
        main, _, sub = each.type.partition("/")
        name = one_line(each.name, "An attachment’s name")
        letter.add_attachment(each.data, maintype=main, subtype=sub, filename=name)
    return letter


def folded(header: str, text: str) -> str:
    """The text folded into header lines. The library's own folding loses or adds blanks of long
    ones.
    """
    plain = text.isascii() and "=?" not in text and len(text.split(" ", maxsplit=1)[0]) < 60
    charset = "us-ascii" if plain else "utf-8"
    return Header(text, charset, maxlinelen=LINE, header_name=header).encode()


def addressed(header: str, name: str, address: str) -> str:
    """A name and an address folded into header lines.

    The library's own folding loses the quotes around a long name, so that a comma in it would end
    the first of several addresses: here a plain name stays on its line, any other is encoded.
    """
    whole = str(mailbox(name, address))
    if whole.isascii() and "=?" not in whole and len(whole) < LONGEST_LINE - len(header):
        return whole
    return f"{Header(name, 'utf-8', maxlinelen=LINE, header_name=header).encode()}\n <{address}>"


def mailbox(name: str, address: str) -> Address:
    """Raises Invalid for a line break and for an invalid address."""
    name, address = one_line(name, "A name"), one_line(address, "An address")
    if not address.isascii() or address.count("@") != 1:
        raise Invalid(f"“{address}” is not an email address.")
    try:
        return Address(display_name=name, addr_spec=address)
    except (MessageError, ValueError, IndexError) as error:
        raise Invalid(f"“{address}” is not an email address.") from error
