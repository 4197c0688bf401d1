"""Text from the public: paragraphs, line breaks and links, nothing else."""

import re

from markupsafe import Markup, escape

_LINK = re.compile(r"\bhttps?://(?=\w)[^\s<>\"'`\\{}|^\[\]]+", re.I)
_NO_CHARACTERS = "".join(
    f"{chr(0x10000 * n + 0xFFFE)}{chr(0x10000 * n + 0xFFFF)}" for n in range(17)
)
#: Control characters, bidirectional overrides, and code points that are no characters and are
#: invalid in HTML.
_UNWANTED = re.compile(
    rf"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef{_NO_CHARACTERS}]"
)


NO_FOLLOW = "nofollow noopener"
OF_USERS = f"ugc {NO_FOLLOW}"
"""`rel` of links: OF_USERS in what visitors write, user-generated content for search engines."""


def linkify(text: str, rel: str = NO_FOLLOW) -> Markup:
    """Safe HTML: blank lines separate paragraphs, line ends stay, bare addresses become links."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _UNWANTED.sub("", text.encode("utf-8", "replace").decode())
    if "\n" not in text and "://" not in text:
        return Markup(f"<p>{escape(line)}</p>") if (line := text.strip()) else Markup()  # noqa: S704
    paragraphs = [part.strip() for part in re.split(r"\n[ \t]*\n", text) if part.strip()]
    return Markup("\n").join(Markup("<p>{}</p>").format(_lines(part, rel)) for part in paragraphs)


def _lines(paragraph: str, rel: str) -> Markup:
    return Markup("<br>\n").join(_line(line, rel) for line in paragraph.split("\n"))


def _line(line: str, rel: str) -> Markup:
    parts, at = [], 0
    for found in _LINK.finditer(line):
        address = _without_punctuation(found[0])
        parts += [escape(line[at : found.start()]), _link(address, rel)]
        at = found.start() + len(address)
    return Markup("").join([*parts, escape(line[at:])])


def _link(address: str, rel: str) -> Markup:
    return Markup('<a href="{0}" rel="{1}">{0}</a>').format(address, rel)


def _without_punctuation(address: str) -> str:
    """The address without a trailing full stop or the bracket around it."""
    while address[-1] in ".,:;!?*_~)":
        if address[-1] == ")" and address.count("(") >= address.count(")"):
            break
        address = address[:-1]
    return address
