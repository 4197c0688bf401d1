"""Replaces images of other hosts by links: reading a page loads nothing from elsewhere."""

import re
from collections.abc import Iterator
from html import escape, unescape
from urllib.parse import urlsplit

#: For sanitised HTML: attributes are in double quotes, and no value contains one.
TAG = re.compile(r'<(/?)([a-z][a-z0-9]*)((?:\s+[a-z-]+="[^"]*")*)\s*>')
ATTRIBUTE = re.compile(r'\s+([a-z-]+)="([^"]*)"')
_OWN_PATH = re.compile(r"(?!//)[^:\\]*$")
#: Characters that browsers strip around an address.
_AROUND = "".join(map(chr, range(0x21)))


def image_allowed(source: str) -> bool:
    """Whether an image is shown: only the site's own, by a path without a host."""
    return bool(_OWN_PATH.match(source.strip()))


def host_of_picture(source: str) -> str | None:
    """The external host of an image; None for the site's own and for addresses without a host."""
    address = None if image_allowed(source) else _address(source)
    return urlsplit(address).hostname if address else None


def with_links_for_pictures(html: str) -> str:
    """Sanitised HTML with a link in place of each image that is not the site's own.

    Links can't be nested: inside a link the image's alternative text stays, and its link follows.
    """
    return "".join(_pieces(html))


def _pieces(html: str) -> Iterator[str]:
    at, inside, after = 0, False, []
    for tag in TAG.finditer(html):
        yield html[at : tag.start()]
        at = tag.end()
        if tag[2] == "a":
            inside = not tag[1]
        picture = _picture(tag) if tag[2] == "img" else None
        if picture is None:
            yield tag[0]
        else:
            yield picture.words if inside else picture.link
            after += [picture.aside] if inside else []
        if not inside:
            yield from after
            after = []
    yield html[at:]


class _Picture:
    """An image that is not shown: its link, or within a link its text and the link after it."""

    def __init__(self, shows: str, address: str | None) -> None:
        self.words = escape(shows or "Picture")
        host = urlsplit(address).hostname if address else None
        self.link = f"{self.words} (picture, not shown)"
        self.aside = " (picture, not shown)"
        if address and host:
            begin = f'<a href="{escape(address)}" rel="noopener">'
            self.link = f"{begin}{self.words} (picture on {escape(host)})</a>"
            self.aside = f" ({begin}picture on {escape(host)}</a>)"


def _picture(tag: re.Match[str]) -> _Picture | None:
    """None for an image that is shown."""
    given = {name: unescape(value) for name, value in ATTRIBUTE.findall(tag[3])}
    source = given.get("src")
    if source is not None and image_allowed(source):
        return None
    return _Picture(given.get("alt", "").strip(), _address(source or ""))


def _address(source: str) -> str | None:
    """The absolute address, as a browser would resolve it; None if it has no host."""
    address = source.strip(_AROUND).replace("\\", "/")
    address = f"https:{address}" if address.startswith("//") else address
    try:
        parts = urlsplit(address)
        is_web = parts.scheme in ("http", "https") and parts.hostname
    except ValueError:
        return None
    return address if is_web else None
