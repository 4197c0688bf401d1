"""A message as bytes, its envelope, and the outcomes of a delivery."""

from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP

# The bytes do not depend on the server's abilities: no 8-bit text, lines that end with CRLF. Parsed
# headers are written unchanged.
WIRE = SMTP.clone(cte_type="7bit", refold_source="none")
LONGEST_ANSWER = 500


class NotDelivered(Exception):
    """`answer` is the server's response, or the obstacle, for a person."""

    def __init__(self, answer: str) -> None:
        self.answer = " ".join(answer.split())[:LONGEST_ANSWER]
        super().__init__(self.answer)


class Temporary(NotDelivered):
    """It was not accepted, and may be retried."""


class Permanent(NotDelivered):
    """It was not accepted, and a retry without changes would fail again."""


class OutcomeUnknown(NotDelivered):
    """It was handed over without a response: the server may have accepted it."""


@dataclass(frozen=True)
class Envelope:
    """The SMTP envelope: sender, recipient, and the bytes."""

    sender: str
    recipient: str
    content: bytes


def envelope_of(letter: EmailMessage) -> Envelope:
    """Raises Permanent if the letter does not have exactly one sender and one recipient."""
    if letter["Cc"] or letter["Bcc"]:
        raise Permanent("A message goes to one address, without copies for others.")
    return Envelope(
        sender=_one_address(letter, "From"),
        recipient=_one_address(letter, "To"),
        content=letter_bytes(letter),
    )


def letter_bytes(letter: EmailMessage) -> bytes:
    """The letter as transmitted. A lone CR or LF, which the policy excludes, could smuggle a second
    message past a server.
    """
    return letter.as_bytes(policy=WIRE)


def letter_of(content: bytes) -> EmailMessage:
    """The letter parsed from bytes; `letter_bytes` returns them unchanged."""
    return message_from_bytes(content, policy=WIRE)


def _one_address(letter: EmailMessage, header: str) -> str:
    headers = letter.get_all(header, [])
    addresses = [address for each in headers for address in each.addresses]
    if len(addresses) != 1 or not (addresses[0].username and addresses[0].domain):
        raise Permanent(f"{header} must name one address.")
    spec = str(addresses[0].addr_spec)
    if any(char.isspace() or not char.isprintable() or char in "<>" for char in spec):
        raise Permanent(f"The address in {header} can't be used.")
    return spec
