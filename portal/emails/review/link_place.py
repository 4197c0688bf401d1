"""Where the key of a private link will stand: as the site's own address of it, and nowhere else.

In the place of the stand-in the worker writes the key, whatever stands around it. In the address of
another site, or in a picture's, the key would be told to somebody else.
"""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import unquote

from portal.emails.html import Shown
from portal.incidents.client_area.link_addresses import STAND_IN, address_of

_AFTER = r"(?:\.pdf)?(?=[\s<>)\]”’\"'.,;:!?*]|\Z)"
_BEFORE = r"(?<![^\s<(\[“‘\"'*])"


def against_link_places(subject: str, body: str, page: Shown) -> Iterator[str]:
    """Each sentence on a stand-in that stands where no key may."""
    if STAND_IN in subject:
        yield "A private link can’t stand in the subject."
    own, places = address_of(STAND_IN), _Places()
    places.feed(page.html)
    places.close()
    wrong = [each for each in places.addresses if each not in (own, f"{own}.pdf")]
    alone = re.compile(_BEFORE + re.escape(own) + _AFTER)
    if wrong or places.is_elsewhere or STAND_IN in alone.sub("", page.text):
        yield f"The key of a private link can stand nowhere but in “{own}”."
    elif STAND_IN not in body and (STAND_IN in page.html or STAND_IN in page.text):
        yield f"Write the place of the private link as it is: “{own}”."


class _Places(HTMLParser):
    """The addresses of links that hold a stand-in, and whether another attribute holds one."""

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
