r"""Finds placeholders in a text: `[Like This]`.

Square brackets with another meaning in Markdown are not placeholders: a link, an image, a
reference, a footnote, a task's box, code. `\[this]` is a literal bracket.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from portal.documents.markdown.blocks.blocks import split_lines
from portal.documents.markdown.blocks.scanner import scan
from portal.documents.markdown.blocks.syntax import ADDRESS, DEFINITION

_BRACKETS = re.compile(r"(?<!\\)\[([^\[\]\n]*[^\[\]\s][^\[\]\n]*)\]")
_TICKS, _BLANK = re.compile(r"`+"), re.compile(r".(?=\n[ \t]*\n)", re.S)
_TASK = re.compile(r"[ \t>]*(?:[-+*]|\d{1,9}[.)])[ \t]+$")
DEFINITIONS = re.compile(rf"^ {{0,3}}{DEFINITION.pattern}", re.M)


@dataclass(frozen=True)
class Placeholder:
    """`key` is the normalised name: letter case and runs of blanks make no difference."""

    name: str
    line: int
    start: int
    end: int

    @property
    def key(self) -> str:
        return key_of(self.name)


def key_of(name: str) -> str:
    return " ".join(name.split()).casefold()


def placeholders_in(markdown: str, *, start_line: int = 1) -> list[Placeholder]:
    """The placeholders of a Markdown text, in order; `start` and `end` are offsets in it."""
    masked = without_code(markdown)
    defined = {key_of(found["label"]) for found in DEFINITIONS.finditer(masked)}
    places = [(found.start(), found.end()) for found in DEFINITIONS.finditer(masked)]
    return [
        Placeholder(found[1].strip(), start_line + masked.count("\n", 0, found.start()), *spot)
        for found in _BRACKETS.finditer(masked)
        if _is_asking(found, masked, defined)
        and not any(start <= found.start() < end for start, end in places)
        for spot in [found.span()]
    ]


def placeholders_in_line(text: str) -> list[Placeholder]:
    """The placeholders of a subject: plain text, where brackets have no other meaning."""
    return [Placeholder(found[1].strip(), 1, *found.span()) for found in _BRACKETS.finditer(text)]


def replaced(text: str, found: list[Placeholder], values: Mapping[str, str]) -> str:
    """The text with the placeholders whose keys have values replaced; the others stay."""
    for each in reversed(found):
        if each.key in values:
            text = text[: each.start] + values[each.key] + text[each.end :]
    return text


def _is_asking(found: re.Match[str], text: str, defined: set[str]) -> bool:
    name, end = found[1], found.end()
    line_before = text[text.rfind("\n", 0, found.start()) + 1 : found.start()]
    if name.strip() in ("x", "X") and _TASK.match(line_before):
        return False
    if name.startswith("^") or key_of(name) in defined:
        return False
    if ADDRESS.match(text, end):
        return False
    return not (reference := re.compile(r"\[([^\[\]\n]+)\]").match(text, end)) or (
        key_of(reference[1]) not in defined
    )


def without_code(markdown: str) -> str:
    """The text, at the same length, with code blanked out."""
    lines = split_lines(markdown)
    for block in scan(markdown).walk():
        if block.kind == "code":
            for number in range(block.line, block.end + 1):
                lines[number] = " " * len(lines[number])
    text, parts, at = "\n".join(lines), [], 0
    for start, end in _code_in_lines(text):
        parts += [text[at:start], re.sub(r"[^\n]", " ", text[start:end])]
        at = end
    return "".join([*parts, text[at:]])


def _code_in_lines(text: str) -> Iterator[tuple[int, int]]:
    """From one run of backticks to the next of equal length, with no blank line between.

    Each run is visited once, so that the time is linear.
    """
    runs = [found.span() for found in _TICKS.finditer(text)]
    later: dict[int, list[int]] = {}
    for at, (start, end) in enumerate(runs):
        later.setdefault(end - start, []).append(at)
    breaks = [found.start() for found in _BLANK.finditer(text)]
    after = 0
    for at, (start, end) in enumerate(runs):
        if at < after or text[start - 1 : start] == "\\":
            continue
        same = later[end - start]
        place = bisect_right(same, at)
        close = runs[same[place]] if place < len(same) else None
        if close and bisect_left(breaks, end) == bisect_left(breaks, close[0]):
            yield start, close[1]
            after = same[place] + 1
