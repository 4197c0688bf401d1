"""Fields in a report's text: lines such as `**Status:** Resolved`, and similar tables.

A bold name counts anywhere in the text. A plain one (`Status: …`, `- Status: …`) and a table with
the columns Field and Value count only in the head of the text, which contains no narrative. Quotes
and code are other people's words and are not read.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

from portal.documents.markdown.blocks import syntax
from portal.documents.markdown.blocks.blocks import Block
from portal.documents.markdown.slugs import plain_title
from portal.incidents.parsing.status_words import unstruck

#: The head ends before the second heading of level 2, and after this many lines.
HEAD_LINES = 40
_NAMES = {
    "date": ("date", "day", "incident date", "date of incident", "date of the incident"),
    "status": ("status", "incident status"),
    "current status": ("current status",),
    "severity": ("severity", "incident severity"),
    "duration": ("duration", "total downtime", "total duration", "downtime"),
    "prepared by": ("prepared by",),
}
_NAMED = {name: kind for kind, names in _NAMES.items() for name in names}
_BOLD = re.compile(
    r"(\*\*|__)(?P<name>[A-Za-z][A-Za-z ]{0,40})(?::\1|\1[ \t]*:)[ \t]*(?P<value>.*)"
)
_PLAIN = re.compile(r"(?P<name>[A-Za-z][A-Za-z ]{0,40}?)[ \t]*:[ \t]+(?P<value>\S.*)")
_FIELD_HEADS = frozenset({"", "field", "key", "property", "item", "attribute", "name", "fact"})
_VALUE_HEADS = frozenset({"", "value", "values", "details", "detail"})
#: The part number of the text after its head.
_STORY = 2
#: Rows and lines of one block that are searched for fields.
_MOST = 200


@dataclass(frozen=True)
class Field:
    """`raw` is the value as written, `line` counts from 0 in the text. `part` is 0 above the first
    heading of level 2, 1 in the rest of the head, 2 below it.
    """

    kind: str
    raw: str
    line: int
    part: int

    @property
    def text(self) -> str:
        return plain_title(unescape(self.raw)).rstrip("\\").strip()

    @property
    def unstruck(self) -> str:
        return plain_title(unstruck(unescape(self.raw)[:500])).rstrip("\\").strip()


def fields_in(tree: Block) -> list[Field]:
    """In the order of the text. `tree` is the scanned text."""
    ends = _ends_of_head(tree)
    return [found for block in own_blocks(tree) for found in _fields(block, ends) if found.text]


def own_blocks(block: Block) -> Iterator[Block]:
    """All blocks in the author's own words: no quotes, no code, no HTML."""
    yield block
    for child in block.children:
        if child.kind not in {"quote", "code", "html", "footnote"}:
            yield from own_blocks(child)


def _ends_of_head(tree: Block) -> tuple[int, int]:
    """The lines at which the two parts of the head end."""
    ranks = [
        block.line
        for block in tree.children
        if block.kind == "heading" and block.level == 2 and not _is_underlined(block)
    ]
    first, second, *_ = [*ranks, HEAD_LINES, HEAD_LINES]
    return min(first, HEAD_LINES), min(second, HEAD_LINES)


def _is_underlined(heading: Block) -> bool:
    """Whether it is lines of fields above a rule, which Markdown parses as a heading."""
    return all(_PLAIN.match(line) or _BOLD.match(line) for line in heading.text)


def _fields(block: Block, ends: tuple[int, int]) -> Iterator[Field]:
    part = sum(block.line >= end for end in ends)
    if block.kind == "table":
        yield from _rows(block, part) if part < _STORY else ()
    elif block.kind == "paragraph" or (block.kind == "heading" and _is_underlined(block)):
        for line, text in enumerate(block.text[:_MOST], block.line):
            found = _BOLD.match(text) or (_PLAIN.match(text) if part < _STORY else None)
            if found and (kind := _NAMED.get(" ".join(found["name"].lower().split()))):
                yield Field(kind, found["value"], line, part)


def _rows(table: Block, part: int) -> Iterator[Field]:
    """Fields of a two-column table: name and value in each row, possibly including the head."""
    head = [plain_title(cell).rstrip(":").lower() for cell in syntax.split_row(table.text[0])]
    if len(head) != 2:
        return
    is_one = head[0] in _FIELD_HEADS and head[1] in _VALUE_HEADS
    if not is_one and head[0] not in _NAMED:
        return
    for line, text in enumerate(table.text[:_MOST], table.line):
        cells = syntax.split_row(text)
        name = " ".join(plain_title(cells[0]).rstrip(": ").lower().split())
        if len(cells) == 2 and (kind := _NAMED.get(name)):
            yield Field(kind, cells[1], line, part)
