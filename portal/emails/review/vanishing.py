"""Finds words of a source that Markdown or the sanitiser would leave out of the page.

Tags, comments and link definitions are found by their syntax. For the rest, the words of the source
are counted against those of the rendered HTML.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser
from urllib.parse import unquote

from portal.documents.markdown.blocks.syntax import ADDRESS, INLINE_HTML
from portal.documents.markdown.safety import TAGS
from portal.emails.drafting.placeholders import DEFINITIONS, without_code
from portal.emails.review.foreign_placeholders import as_typed

#: Removed like other tags, but these only affect the look of their text, which stays.
LOOKS = {
    *("b", "i", "u", "s", "small", "big", "font", "center", "tt", "mark", "abbr", "ins", "strike"),
    *("dfn", "cite", "q", "var", "samp", "figure", "figcaption", "tfoot", "caption", "dl", "dt"),
    *("dd", "article", "aside", "header", "footer", "main", "nav", "wbr"),
}
#: Tags that are shown as typed.
_SHOWN = {"title", "textarea", "style", "xmp", "iframe", "noembed", "noframes", "script"}
_SHOWN |= {"plaintext"}
_ALONE = {*("br", "hr", "img", "input", "wbr", "p", "li", "tr", "td", "th", "thead", "tbody")}
_BARE = {"open", "checked", "disabled"}
#: Bounded lengths keep the pattern's matching time short on any text.
_HTML = re.compile(
    r"(?<!\\)(?:</?[a-zA-Z][^<>]{0,1000}>|<!--[\s\S]{0,20000}?-->|<\?[\s\S]{0,2000}?\?>|"
    r"<!\[CDATA\[[\s\S]{0,2000}?\]\]>|<![A-Za-z][^>]{0,2000}>)"
)
_WHOLE = re.compile(INLINE_HTML)
_NAME = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)")
_ATTRIBUTE = re.compile(r"""\s([a-zA-Z_:][\w.:-]*)(\s*=\s*(?:[^\s"'=<>`]+|'[^']*'|"[^"]*"))?""")
_NUMBERED = re.compile(r"^[ \t>]*(?:[-+*][ \t]+)*\d{1,9}[.)](?=\s|$)", re.M)
_TASK = re.compile(r"^[ \t>]*(?:[-+*]|\d{1,9}[.)])[ \t]+\[[xX]\]", re.M)
_FOOTNOTE = re.compile(r"\[\^[^\]\s]+\]")
_REFERENCE = re.compile(r"(?<=\])\[([^\[\]\n]*)\]")
_TOKEN = re.compile(r"[^\W_]+")
#: Maximum number of beginnings of comments and the like: each is matched up to the text's end.
MOST = 100

AS_TAG = "is parsed as an HTML tag and is not shown"
AS_DEFINITION = "is parsed as a link definition and is not shown"
LEFT_OUT = "is left out of what is sent"
COMMENT = "is a comment, and is left out of what is sent"
LOOK = "is an HTML tag that is left out; its words are sent"


@dataclass(frozen=True)
class LostLine:
    """`line` counts from 1. `is_harmless`: no words are lost that were intended for sending."""

    line: int
    text: str
    why: str
    is_harmless: bool = False


def lost_in(source: str, html: str) -> list[LostLine]:
    """The parts of this source that are missing from this rendered HTML, by line."""
    page = _page(html)
    found, masked = _definitions(without_code(source), page)
    masked = _without_marks(masked)
    if sum(masked.count(begin) for begin in ("<!", "<?")) > MOST:
        return [LostLine(1, "<!", "occurs too often to be checked")]
    tags, masked = _tags(masked)
    found += [*tags, *_words(source, masked, page)]
    return sorted(found, key=lambda each: each.line)


def addresses_in(html: str) -> list[str]:
    """The addresses of its links and images, unescaped."""
    return sorted(_page(html).addresses)


def _page(html: str) -> "_Page":
    page = _Page()
    page.feed(html)
    page.close()
    return page


def _tags(text: str) -> tuple[list[LostLine], str]:
    found, names = [], Counter(each[1] + each[2].lower() for each in _NAME.finditer(text))
    for tag in _HTML.finditer(text):
        if why := _of_tag(tag[0], names):
            line = text.count("\n", 0, tag.start()) + 1
            found.append(LostLine(line, tag[0], why, is_harmless=why in (COMMENT, LOOK)))
    return found, _HTML.sub(lambda tag: _instead(tag[0]), text)


def _instead(tag: str) -> str:
    """What the page has in place of a tag: a removed tag does not separate words."""
    named = _NAME.match(tag)
    if _is_shown(tag) or not _WHOLE.fullmatch(tag):
        return tag
    return _blank(tag) if named and named[2].lower() in TAGS else "\n" * tag.count("\n")


def _of_tag(tag: str, names: Counter[str]) -> str | None:
    """Why a tag is missing from the page; None if it is shown, is an end tag, or is no tag."""
    named = _NAME.match(tag)
    if not _WHOLE.fullmatch(tag):
        return None
    if not named:
        return COMMENT if tag.startswith("<!--") else LEFT_OUT
    name = named[2].lower()
    if _is_shown(tag) or (named[1] and names[name]):
        return None
    given = _ATTRIBUTE.findall(tag[named.end() :])
    is_markup = name in TAGS | LOOKS and all(value or key.lower() in _BARE for key, value in given)
    if not is_markup or not (name in _ALONE or names[f"/{name}"] or tag.endswith("/>")):
        return AS_TAG
    return LOOK if name in LOOKS else None


def _is_shown(tag: str) -> bool:
    named = _NAME.match(tag)
    return named is not None and named[2].lower() in _SHOWN


def _definitions(text: str, page: "_Page") -> tuple[list[LostLine], str]:
    """Definitions whose address no link of the page has, and whose words are not in it."""
    found = []
    for each in reversed(list(DEFINITIONS.finditer(text))):
        address = unquote(unescape(each["angled"] or each["url"] or ""))
        words = _TOKEN.findall(as_typed(each[0]))
        if address not in page.addresses and not page.says(words):
            line = text.count("\n", 0, each.start()) + 1
            found.append(LostLine(line, each[0].strip(), AS_DEFINITION))
        if not page.says(words):
            text = text[: each.start()] + _blank(each[0]) + text[each.end() :]
    return found, text


def _words(source: str, masked: str, page: "_Page") -> Iterator[LostLine]:
    """Lines with words that occur more often in the source than in the page."""
    lines = [_TOKEN.findall(line) for line in as_typed(masked).split("\n")]
    missing = Counter(word for line in lines for word in line) - page.words
    whole = source.split("\n")
    for certain in (True, False):
        for number, line in enumerate(lines):
            lost = [word for word in dict.fromkeys(line) if missing[word] > 0]
            if lost and not (certain and page.says(line)):
                missing -= Counter(line)
                text = whole[number].strip() if set(lost) >= set(line) else " ".join(lost)
                yield LostLine(number + 1, text, LEFT_OUT)


def _without_marks(text: str) -> str:
    """Without list numbers, footnote labels and link addresses."""
    for pattern in (_TASK, _NUMBERED, _FOOTNOTE):
        text = pattern.sub(lambda found: _blank(found[0]), text)
    at = text.find("](")
    while at >= 0:
        if address := ADDRESS.match(text, at + 1):
            text = text[: at + 1] + _blank(address[0]) + text[address.end() :]
        at = text.find("](", at + 1)
    labels = {each["label"] for each in DEFINITIONS.finditer(text)}
    return _REFERENCE.sub(
        lambda found: found[0] if found[1] in labels else " " * len(found[0]), text
    )


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


class _Page(HTMLParser):
    """The words of rendered HTML with their counts, and the addresses of its links and images."""

    def __init__(self) -> None:
        super().__init__()
        self.words: Counter[str] = Counter()
        self.addresses: set[str] = set()
        self.stream = " "

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.addresses |= {unquote(given[name]) for name in ("href", "src") if name in given}
        self.handle_data(given.get("alt", ""))

    def handle_data(self, data: str) -> None:
        words = _TOKEN.findall(data)
        self.words.update(words)
        self.stream += "".join(f"{word} " for word in words)

    def says(self, words: list[str]) -> bool:
        """Whether these words occur in sequence."""
        return f" {' '.join(words)} " in self.stream
