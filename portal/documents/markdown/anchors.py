"""Keeps the ids of a text apart from those of the page around it, as code hosts do.

Every id in a text gets a prefix that no page of ours uses, and is unique. Links within the text and
to headings of other texts are rewritten; `fragments.js` finds a heading by its plain name.
"""

import re
from html import escape, unescape
from urllib.parse import unquote

from portal.documents.rendering.own_images import ATTRIBUTE, TAG

PREFIX = "user-content-"
_OTHER_TEXT = re.compile(r"(?![a-z][a-z0-9+.-]*:|/)([^#]+\.md(?:\?[^#]*)?)#(.+)", re.I | re.S)


def with_own_ids(html: str) -> str:
    """Sanitised HTML with prefixed ids, which can't clash with the page's."""
    attributes = (ATTRIBUTE.findall(tag[3]) for tag in TAG.finditer(html))
    known = {unescape(value) for found in attributes for name, value in found if name == "id"}
    used: set[str] = set()

    def attribute(found: re.Match[str]) -> str:
        name, value = found[1], unescape(found[2])
        if name == "id":
            return _id(value, used)
        return f' href="{escape(_target(value, known))}"' if name == "href" else found[0]

    def tag(found: re.Match[str]) -> str:
        return f"<{found[1]}{found[2]}{ATTRIBUTE.sub(attribute, found[3])}>"

    return TAG.sub(tag, html)


def _id(value: str, used: set[str]) -> str:
    if not value.strip() or value in used:
        return ""
    used.add(value)
    return f' id="{PREFIX}{escape(value)}"'


def _target(address: str, known: set[str]) -> str:
    """The target of a link: for a heading its new id; otherwise unchanged."""
    if address.startswith("#"):
        name = address[1:]
        meant = (each for each in (name, unquote(name), unquote(name).lower()) if each in known)
        return f"#{PREFIX}{found}" if (found := next(meant, "")) else address
    other = _OTHER_TEXT.fullmatch(address)
    return f"{other[1]}#{PREFIX}{other[2]}" if other else address
