"""Removes the text around an optional field that was left empty.

A paragraph, a list item or a table row is removed as a whole, and so is the heading of a section
that becomes empty.
"""

import re
from collections.abc import Collection, Iterable, Sequence

from portal.documents.markdown.blocks.blocks import Block, split_lines
from portal.documents.markdown.blocks.scanner import scan
from portal.emails.drafting.placeholders import placeholders_in

#: Markers of blocks for some readers: they are kept, or the rest would be hidden.
_MARK = re.compile(r"[ \t>]*/{2,}")


def without_empty(markdown: str, empty: Collection[str]) -> str:
    """The text without the units around placeholders whose keys are in `empty`."""
    tree, lines = scan(markdown), split_lines(markdown)
    asking = [each for each in placeholders_in(markdown, start_line=0) if each.key in empty]
    if not asking:
        return markdown
    removed = {line for each in asking for line in unit_around(tree, each.line)}
    removed = {line for line in removed if not _MARK.match(lines[line])}
    removed |= set(_empty_headings(tree.children, removed))
    return "\n".join(_kept(lines, removed))


def unit_around(block: Block, line: int) -> range:
    """The lines that are removed together with a placeholder on this line."""
    if block.kind == "table":
        in_head = line <= block.line + 1
        return _lines(block) if in_head else range(line, line + 1)
    child = next((each for each in block.children if each.line <= line <= each.end), None)
    if child is None or (block.kind == "item" and child is block.children[0]):
        return _lines(block)
    return unit_around(child, line)


def _lines(block: Block) -> range:
    return range(block.line, block.end + 1)


def _empty_headings(blocks: Sequence[Block], removed: Collection[int]) -> Iterable[int]:
    """Lines of headings whose sections have become empty."""
    for at, heading in enumerate(blocks):
        if heading.kind == "heading":
            below = []
            for block in blocks[at + 1 :]:
                if block.kind == "heading" and block.level <= heading.level:
                    break
                below.append(block)
            words = [each for each in below if each.kind != "heading"]
            if words and all(line in removed for each in words for line in _lines(each)):
                yield from _lines(heading)


def _kept(lines: Sequence[str], removed: Collection[int]) -> list[str]:
    """The remaining lines, without blank lines after a removed part that follows a blank line."""
    kept: list[str] = []
    was_taken = False
    for at, line in enumerate(lines):
        if at in removed:
            was_taken = True
        elif not (was_taken and not line.strip() and not (kept and kept[-1].strip())):
            kept.append(line)
            was_taken = was_taken and not line.strip()
    return kept
