"""The `markdown` package, configured to give a text the structure that GitHub gives it."""

import re
import string
from functools import cache
from html import escape
from xml.etree import ElementTree

from markdown import Extension, Markdown
from markdown.postprocessors import Postprocessor
from markdown.treeprocessors import Treeprocessor
from markdown.util import ETX, HTML_PLACEHOLDER_RE, STX

from portal.documents.markdown.anchors import PREFIX, with_own_ids
from portal.documents.markdown.dialect import APART, BAR, LOOSE, SHIELD, TIGHT, Dialect
from portal.documents.markdown.inline import inline
from portal.documents.markdown.safety import clean, depth
from portal.documents.markdown.slugs import Slugs

#: Maximum depth of tags. Markdown's own sixty levels of quotes and lists take about 200.
DEEPEST = 400
#: Characters of HTML. Normal texts grow at most by a factor of three; one address of 90 kB,
#: referenced a thousand times, makes 90 MB.
LONGEST = 5_000_000

_ASIDE = re.compile(rf"\s*{HTML_PLACEHOLDER_RE.pattern}\s*$")
_ESCAPED = re.compile(rf"{STX}(\d+){ETX}")
_HEADING = re.compile(r"h[1-6]$")


class TooLong(Exception):
    """The HTML would be too large for a page."""


def to_html(source: str) -> tuple[str, list[tuple[int, str, str]]]:
    """Safe HTML, and the table of contents as level, text and id. Slow on hostile text.

    Raises RecursionError if tags are nested more deeply than later stages can process, and TooLong.
    """
    md, headings = _converter()
    md.reset()
    headings.found = []  # for an empty text the package runs no treeprocessors
    laid_out = md.convert(source)
    if len(laid_out) > LONGEST:
        raise TooLong
    html = with_own_ids(clean(laid_out))
    if depth(html) > DEEPEST:
        raise RecursionError
    return html, [(level, text, f"{PREFIX}{name}") for level, text, name in headings.found]


def forget() -> None:
    """Reset the state after a failure, which may have left the package in the middle of a text."""
    _converter.cache_clear()


@cache
def _converter() -> tuple[Markdown, "_Headings"]:
    host = _CodeHost()
    md = Markdown(
        extensions=["tables", "sane_lists", "footnotes", "pymdownx.tasklist", host],
        extension_configs={
            "tables": {"use_align_attribute": True},
            "footnotes": {"USE_DEFINITION_ORDER": False},
        },
    )
    return md, host.headings


class _CodeHost(Extension):
    headings: "_Headings"

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802
        md.ESCAPED_CHARS = list(string.punctuation)
        md.preprocessors.deregister("html_block")
        md.preprocessors.deregister("normalize_whitespace")
        md.preprocessors.register(Dialect(md), "dialect", 28)
        md.parser.blockprocessors.deregister("code")
        md.parser.blockprocessors.deregister("setextheader")
        md.parser.blockprocessors.deregister("reference")
        inline.register(md)
        md.treeprocessors.register(_Marks(md), "marks", 30)
        self.headings = _Headings(md)
        md.treeprocessors.register(self.headings, "headings", 15)
        md.postprocessors.register(_Unmark(md), "unmark", 1)


class _Marks(Treeprocessor):
    """Removes the dialect's marks from the tree; paragraphs of a tight item become its text."""

    def run(self, root: ElementTree.Element) -> None:
        for parent in root.iter():
            for child in [c for c in parent if c.tag == "p" and (c.text or "").strip() == APART]:
                parent.remove(child)
        for table in root.iter("table"):
            if not any(cell.text for cell in table.iter("td")):
                table.remove(table[1])
        for item in root.iter("li"):
            if (item.text or "").strip() in (TIGHT, LOOSE):
                item.text = ""
            if len(item) and (item[0].text or "").strip() in (TIGHT, LOOSE):
                tight = (item[0].text or "").strip() == TIGHT
                item.remove(item[0])
                if tight:
                    _unwrap_paragraphs(item)


def _unwrap_paragraphs(item: ElementTree.Element) -> None:
    before: ElementTree.Element | None = None
    for child in list(item):
        if child.tag != "p" or _ASIDE.match(child.text or ""):
            before = child
            continue
        item.remove(child)
        if before is None:
            item.text = (item.text or "").strip() + (child.text or "")
        else:
            before.tail = (before.tail or "").strip() + (child.text or "")


class _Headings(Treeprocessor):
    """Gives headings the ids GitHub gives them, and collects the table of contents."""

    def __init__(self, md: Markdown) -> None:
        super().__init__(md)
        self.found: list[tuple[int, str, str]] = []

    def run(self, root: ElementTree.Element) -> None:
        self.found, slugs = [], Slugs()
        for element in root.iter():
            if isinstance(element.tag, str) and _HEADING.match(element.tag):
                text = _plain("".join(element.itertext()))
                element.set("id", slugs.name(text))
                self.found.append((int(element.tag[1]), text, element.get("id", "")))


def _plain(text: str) -> str:
    text = HTML_PLACEHOLDER_RE.sub("", text).replace(SHIELD, "").replace(BAR, "|")
    return " ".join(_ESCAPED.sub(lambda found: chr(int(found[1])), text).split())


class _Unmark(Postprocessor):
    def run(self, text: str) -> str:
        text = text.replace(SHIELD, "").replace(BAR, "|")
        return _ESCAPED.sub(lambda found: escape(chr(int(found[1]))), text)
