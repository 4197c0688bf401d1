"""Where the key of a private link may appear: only as the site's own address of it.

The worker replaces the stand-in by the key wherever it is. In another site's address, or in an
image's, the key would be disclosed to that site.
"""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import unquote

from portal.emails.html import RenderedMessage
from portal.incidents.client_area.link_addresses import STAND_IN, address_of

_AFTER = r"(?:\.pdf)?(?=[\s<>)\]”’\"'.,;:!?*]|\Z)"
_BEFORE = r"(?<![^\s<(\[“‘\"'*])"


def against_link_places(subject: str, body: str, page: RenderedMessage) -> Iterator[str]:
    """One sentence for each stand-in in a place where no key may be."""
    if STAND_IN in subject:
        yield "A private link is not allowed in the subject."
    own, places = address_of(STAND_IN), _Places()
    places.feed(page.html)
    places.close()
    wrong = [each for each in places.addresses if each not in (own, f"{own}.pdf")]
    alone = re.compile(_BEFORE + re.escape(own) + _AFTER)
    if wrong or places.is_elsewhere or STAND_IN in alone.sub("", page.text):
        yield f"The key of a private link is allowed only in “{own}”."
    elif STAND_IN not in body and (STAND_IN in page.html or STAND_IN in page.text):
        yield f"Write the place of the private link as it is: “{own}”."


class _Places(HTMLParser):
    """The addresses of links with a stand-in, and whether another attribute contains one."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.is_elsewhere = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value and STAND_IN in unquote(value):
                if (tag, name) == ("a", "href"):
                    self.addresses.append(value)
                else:
                    self.is_elsewhere = True
