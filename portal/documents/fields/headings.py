"""Places on a line of a body, and that of its first heading."""

import re

from portal.documents.fields.definition import TextPlace
from portal.documents.markdown.blocks.blocks import split_lines
from portal.documents.markdown.blocks.scanner import scan
from portal.documents.markdown.slugs import plain_title

_HEADING = re.compile(r"( {0,3}#{1,6}[ \t]+)(.*?)((?:[ \t]+#+)?[ \t]*)$")


def line_place(lines: list[str], number: int, at: int, words: str, value: str) -> TextPlace:
    """The words at an offset of a line, whose number counts from 0."""
    start = sum(len(line) + 1 for line in lines[:number]) + at
    return TextPlace(start, start + len(words), " ".join(value.split()), number + 1)


def title_place(body: str) -> TextPlace | None:
    """Of the first heading with words; None for one that is not on a line of its own."""
    lines = split_lines(body)
    for block in scan(body).children:
        title = plain_title(" ".join(block.text)) if block.kind == "heading" else ""
        if not title.strip():
            continue
        line, is_one = lines[block.line], len(block.text) == 1
        if is_one and (found := _HEADING.match(line)):
            return line_place(lines, block.line, len(found[1]), found[2], title)
        if is_one and block.end == block.line + 1:
            at = len(line) - len(line.lstrip())
            return line_place(lines, block.line, at, line.strip(), title)
        return None
    return None
