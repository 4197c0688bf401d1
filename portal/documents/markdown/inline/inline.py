"""Code spans, raw tags and line breaks; links and emphasis have modules of their own."""

import re
from xml.etree.ElementTree import Element

from markdown import Markdown
from markdown.inlinepatterns import (
    AutolinkInlineProcessor,
    HtmlInlineProcessor,
    InlineProcessor,
    SubstituteTagInlineProcessor,
)
from markdown.util import AtomicString, code_escape

from portal.documents.markdown.blocks.syntax import AUTOMATIC_LINK, INLINE_HTML
from portal.documents.markdown.dialect import SHIELD
from portal.documents.markdown.inline import bare_links, links
from portal.documents.markdown.inline.emphasis import Emphasis


def register(md: Markdown) -> None:
    """Register them under the package's names, which replaces its own patterns."""
    patterns = md.inlinePatterns
    links.register(md)
    bare_links.register(md)
    patterns.register(AutolinkInlineProcessor(AUTOMATIC_LINK, md), "autolink", 120)
    patterns.register(CodeSpan(r"(?<!`)(`+)(?!`)", md), "backtick", 190)
    patterns.register(SubstituteTagInlineProcessor(r"\\(?=\n)", "br"), "backslash_break", 185)
    patterns.register(HtmlInlineProcessor(INLINE_HTML, md), "html", 90)
    patterns.register(Emphasis(r"[*_~]", md), "em_strong", 60)
    patterns.register(SubstituteTagInlineProcessor(r"  (?=\n)", "br"), "linebreak", 50)


class CodeSpan(InlineProcessor):
    """A run of backticks up to the next run of equal length, unless a backslash precedes it."""

    def handleMatch(  # type: ignore[override]  # noqa: N802
        self, m: re.Match[str], data: str
    ) -> tuple[Element | None, int | None, int | None]:
        before = data[: m.start()]
        if (len(before) - len(before.rstrip("\\"))) % 2:
            return None, None, None
        close = re.compile(rf"(?<!`){m[1]}(?!`)").search(data, m.end())
        if not close:
            return None, None, None
        text = data[m.end() : close.start()].replace("\n", " ").replace(SHIELD, "")
        if text.strip() and text[0] == text[-1] == " ":
            text = text[1:-1]
        element = Element("code")
        element.text = AtomicString(code_escape(text))
        return element, m.start(), close.end()
