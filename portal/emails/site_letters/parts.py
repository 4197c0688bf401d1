"""What an email of a site consists of, and how it looks as HTML and as plain text.

No text that a person typed becomes markup or a link: the only links are those of `Link`. Addresses
of people, of the network and of the control room in it are left out, but for what an owner writes
to a visitor on purpose (`Quote.is_private`).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_address

from markupsafe import Markup, escape

from portal.emails.html import as_page
from portal.emails.plain import text_of

LONGEST_NAME = 80
JOINS = re.compile(r"(?<=[\w:])(?=[.@/]\S)|(?<=[.@/])(?=\S)")
"""Where a mail program could see an address or a link in a name."""
BREAK = "\u200b"
LEFT_OUT = "…"
STAFFS = re.compile(r"\S*/(?:ops|client)(?![\w-])\S*", re.IGNORECASE)
MAILBOX = re.compile(r"[^\s@<>()\[\],;:\"]+@[^\s@<>()\[\],;:\"]+")
NUMBERS = re.compile(r"(?<![\w.:])[0-9A-Fa-f]{0,4}(?:[.:]+[0-9A-Fa-f]{1,4})+(?:::)?(?![\w:])")
"""What may be an address of the network, in version 4 or 6."""
UNWANTED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


@dataclass(frozen=True)
class Link:
    """A line with an address of the site."""

    address: str


@dataclass(frozen=True)
class Quote:
    """What somebody wrote, in their lines. `is_private`: to the reader of this email, with the
    addresses that they chose to give."""

    text: str
    is_private: bool = False


Part = str | Link | Quote


@dataclass(frozen=True)
class Site:
    """Whose email it is: the site's name, and where its visitors find it."""

    name: str
    address: str

    def at(self, path: str) -> str:
        return f"{self.address.rstrip('/')}{path}"


@dataclass(frozen=True)
class LetterText:
    """`unsubscribe`: an address that ends such emails by one request. `reply_to`: who gets an
    answer; no one without it."""

    subject: str
    parts: Sequence[Part] = field(default_factory=tuple)
    unsubscribe: str | None = None
    reply_to: str | None = None


def name_shown(text: object, otherwise: str) -> str:
    """A name that a person chose, on one line: no program makes a link of it."""
    line = without_addresses(UNWANTED.sub("", " ".join(str(text or "").split())))
    return JOINS.sub(BREAK, line[:LONGEST_NAME].strip()) or otherwise


def without_addresses(text: str) -> str:
    """Without those of people, of the network and of the control room."""
    found = MAILBOX.sub(LEFT_OUT, STAFFS.sub(LEFT_OUT, text))
    return NUMBERS.sub(lambda each: LEFT_OUT if _is_of_the_network(each[0]) else each[0], found)


def _is_of_the_network(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def moment(at: datetime) -> str:
    at = at.astimezone(UTC)
    return f"{at.day} {at:%B %Y, %H:%M} UTC"


def html_and_text(letter: LetterText) -> tuple[str, str]:
    """As a page and as plain text, which say the same."""
    html = Markup("\n").join(_shown(part) for part in letter.parts)
    return as_page(letter.subject, html), text_of(str(html))


def _shown(part: Part) -> Markup:
    if isinstance(part, Link):
        return Markup('<p><a href="{0}">{0}</a></p>').format(part.address)
    if isinstance(part, Quote):
        text = UNWANTED.sub("", part.text.replace("\r\n", "\n").replace("\r", "\n"))
        if not part.is_private:
            text = JOINS.sub(BREAK, without_addresses(text))
        lines = text.split("\n")
        return Markup("<blockquote>{}</blockquote>").format(
            Markup("<br>").join(escape(line.rstrip()) for line in lines)
        )
    return Markup("<p>{}</p>").format(part)
