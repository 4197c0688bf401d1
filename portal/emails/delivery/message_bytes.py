"""A message as bytes, the one address it is for, and what can come of handing it over."""

from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP

# The same bytes whatever the server can: no 8-bit text, lines that end with CR and LF. Headers that
# were read are written as they were.
WIRE = SMTP.clone(cte_type="7bit", refold_source="none")
LONGEST_ANSWER = 500


class NotDelivered(Exception):
    """`answer` is what the server said, or what stood in the way, for a person."""

    def __init__(self, answer: str) -> None:
        self.answer = " ".join(answer.split())[:LONGEST_ANSWER]
        super().__init__(self.answer)


class Temporary(NotDelivered):
    """It was not taken, and may be tried again."""


class Permanent(NotDelivered):
    """It was not taken, and trying again as it is has no point."""


class InDoubt(NotDelivered):
    """It was handed over and no answer came: the server may have taken it."""


@dataclass(frozen=True)
class Envelope:
    """What the server is told: from whom, for whom, and the bytes."""

    sender: str
    recipient: str
    content: bytes


def envelope_of(letter: EmailMessage) -> Envelope:
    """Raises Permanent for a letter that is not from one address for one address."""
    if letter["Cc"] or letter["Bcc"]:
        raise Permanent("A message goes to one address, without copies for others.")
    return Envelope(
        sender=_one_address(letter, "From"),
        recipient=_one_address(letter, "To"),
        content=letter_bytes(letter),
    )


def letter_bytes(letter: EmailMessage) -> bytes:
    """As it goes over the wire. A lone CR or LF, which the policy keeps out, could smuggle a
    second message past a server.
    """
    return letter.as_bytes(policy=WIRE)


def letter_of(content: bytes) -> EmailMessage:
    """The letter that these bytes are; `letter_bytes` gives them back unchanged."""
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
