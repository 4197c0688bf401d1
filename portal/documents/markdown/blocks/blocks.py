"""The block tree of a Markdown document, with line numbers."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise


@dataclass
class Block:
    """`line` and `end` count from 0 and include the fence or underline; `text` has no prefixes."""

    kind: str  # document, quote, list, item, footnote; paragraph, heading, rule, code, html, table
    line: int
    end: int
    children: list["Block"] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    level: int = 0  # of a heading; of an item: columns of indentation of its content
    marker: str = ""  # the fence, the bullet, or the delimiter after an item's number
    start: int = 1  # the number of an item
    info: str = ""  # the info string of a fence; the label of a footnote
    closed: bool = False  # the fence
    ends: re.Pattern[str] | None = None  # the condition that ends an open HTML block
    indent: int = 0  # of a fence

    @property
    def fenced(self) -> bool:
        return self.kind == "code" and bool(self.marker)

    @property
    def loose(self) -> bool:
        """Of a list: whether a blank line separates its items, or blocks within one item."""
        runs = [self.children, *(item.children for item in self.children)]
        return any(b.line > a.end + 1 for run in runs for a, b in pairwise(run))

    def walk(self) -> Iterator["Block"]:
        yield self
        for child in self.children:
            yield from child.walk()


def split_lines(source: str) -> list[str]:
    """Split into lines as Markdown does: form feeds and Unicode separators do not end a line."""
    return re.split(r"\r\n|\n|\r", source)
