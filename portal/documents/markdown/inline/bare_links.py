"""Turns bare addresses into links, by GFM 6.9 and as cmark-gfm does."""

import re
from xml.etree.ElementTree import Element

from markdown import Markdown
from markdown.inlinepatterns import InlineProcessor
from markdown.util import ETX, STX, AtomicString

from portal.documents.markdown.inline.links import in_open_bracket

_CHAR = rf"(?:[^\s<{STX}]|{STX}\d+{ETX})"
_WEB = rf"(?:(?<![a-z])(?:https?|ftp)://|(?<![^\s*_~(])www\.)(?=\w){_CHAR}+"
_MAIL = r"(?<![a-z0-9.+_-])(?:mailto:)?[a-z0-9.+_-]+@[a-z0-9_-]+(?:\.[a-z0-9_-]+)+"
_ESCAPED = re.compile(rf"{STX}(\d+){ETX}")
_LAST_ENTITY = re.compile(r"&[a-zA-Z0-9]+;$")
_Match = tuple[Element | None, int | None, int | None]


class WebLink(InlineProcessor):
    ANCESTOR_EXCLUDES = ("a",)

    def handleMatch(self, m: re.Match[str], data: str) -> _Match:  # type: ignore[override]  # noqa: N802
        written = without_punctuation(m[0])
        address = _ESCAPED.sub(lambda found: "\\" + chr(int(found[1])), written)
        host = re.sub(r"^[a-z]+://", "", address, flags=re.I)
        if not _is_host(host) or in_open_bracket(data, m.start()):
            return None, None, None
        href = address if "://" in address[:8] else f"http://{address}"
        return _link(href, address), m.start(), m.start() + len(written)


class MailLink(InlineProcessor):
    ANCESTOR_EXCLUDES = ("a",)

    def handleMatch(self, m: re.Match[str], data: str) -> _Match:  # type: ignore[override]  # noqa: N802
        address = m[0].rstrip(".")
        host = address.rpartition("@")[2]
        if address[-1] in "-_" or "." not in host or data[m.end() : m.end() + 1] == "@":
            return None, None, None
        href = address if address[:7].lower() == "mailto:" else f"mailto:{address}"
        return _link(href, address), m.start(), m.start() + len(address)


def without_punctuation(address: str) -> str:
    """The address without a trailing full stop or the bracket around it."""
    while address:
        if address[-1] == ")" and address.count("(") >= address.count(")"):
            break
        entity = _LAST_ENTITY.search(address)
        if entity:
            address = address[: entity.start()]
        elif address[-1] in "?!.,:;*_~'\")":
            address = address[:-1]
        else:
            break
    return address


def _is_host(text: str) -> bool:
    """Whether it is a host name: no underscore in its last two labels."""
    found = re.match(r"[\w.-]+", text)
    return found is not None and not any("_" in part for part in found[0].split(".")[-2:])


def _link(href: str, text: str) -> Element:
    element = Element("a", href=href)
    element.text = AtomicString(text)
    return element


def register(md: Markdown) -> None:
    md.inlinePatterns.register(WebLink(rf"(?i){_WEB}", md), "web_link", 86)
    md.inlinePatterns.register(MailLink(rf"(?i){_MAIL}", md), "mail_link", 85)
