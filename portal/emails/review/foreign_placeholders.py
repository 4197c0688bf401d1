"""Placeholders of other systems, which are not filled in here: `{{name}}`, `*|FNAME|*`, `TODO`.

They come with text copied from a newsletter, a ticket or another tool's template.
"""

import re
from collections.abc import Iterator
from html import unescape

from portal.documents.markdown.blocks.scanner import scan

_IN = r"(?:[^{0}\n]|\n(?![ \t]*\n)){{1,160}}?"


def _between(begin: str, end: str, without: str) -> str:
    """On one line or two, never across a blank line."""
    return begin + _IN.format(without) + end


_WORD = r"[\w’'.-]{1,60}"
_GAP = r"(?:[ \t]{1,9}|[ \t]{0,9}\n[ \t]{0,9})"
#: The first pattern that matches at a position wins, so the longer forms come first.
_FORMS = (
    r"\{{3}[^{}]{1,160}\}{3}",
    _between(r"\{\{", r"\}\}", "{}"),
    _between(r"\{%", r"%\}", "{}"),
    _between("<%", "%>", "<>"),
    _between(r"[$#@%!]\{", r"\}", "{}"),
    r"\{[$!]?[^\W\d_][\w.-]*(?: [\w.-]+)*\}",
    r"\(\((?=[^()]*[^\W\d_])" + _IN.format("()") + r"\)\)",
    _between("<<(?!<)", ">>(?!>)", "<>"),
    _between("@@(?!@)", "@@", "@"),
    r"%%(?! )[^%\n]{1,160}%%",
    r"%[A-Z_]{3,}%",
    r"(?<![\w%])%[A-Za-z][\w.-]+%(?![\w%])",
    r"%\([\w .-]+\)[sdrif]\b",
    r"\$[A-Z][A-Z_]{2,}\$",
    r"(?<![#\w])##[^\W\d][\w .-]*##(?![#\w])",
    # <Words With Blanks>: no address, no attributes, and no type parameter such as Map<A, B>
    rf"(?<![\w<])<(?!(?:details|input)\b)(?=[^\W\d_]){_WORD}(?:{_GAP}{_WORD}){{1,12}}[ \t]{{0,9}}>",
    r"\b(?:XXX+|xxx+|TODO|FIXME|TBD|TBC|TBA)\b|\bTodo(?=:)|(?i:\blorem ipsum\b)",
    r"(?<![\w*_])(?<=[^\n])_{4,}(?![\w*_])",
    r"\{{2,}",
)
_STARS = _between(r"\*\|", r"\|\*", "|")
_PLACEHOLDER = re.compile("|".join((*_FORMS, _STARS)))
#: The text before `*|` in a table row whose cells end and begin with emphasis.
_EMPHASIS = re.compile(r"[\w*.)]$")
#: Soft hyphens, joiners and direction marks, which are copied along with text.
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)
_BLANK = re.compile(r"[^\S\n]")
_ESCAPED = re.compile(r"\\(?=[!-/:-@\[-`{-~])")


def foreign_in(text: str) -> list[tuple[int, str]]:
    """Line, from 1, and text of each in a plain text."""
    return [(at, words) for at, words, _ in _found(text)]


def foreign_in_markdown(source: str) -> list[tuple[int, str]]:
    """Those in a source, code included, regardless of escapes and entities."""
    tables = [block for block in scan(source).walk() if block.kind == "table"]
    rows = {at for table in tables for at in range(table.line + 1, table.end + 2)}
    return [
        (at, words)
        for at, words, before in _found(as_typed(source))
        if not (words.startswith("*|") and at in rows and _EMPHASIS.search(before))
    ]


def as_typed(source: str) -> str:
    """The source without escapes and entities; its lines keep their numbers."""
    lines = source.split("\n")
    return "\n".join(_ESCAPED.sub("", unescape(line)).replace("\n", " ") for line in lines)


def _as_seen(text: str) -> str:
    """Without invisible characters, and with every blank as a space; lines keep their numbers."""
    return _BLANK.sub(" ", _UNSEEN.sub("", text))


def _found(text: str) -> Iterator[tuple[int, str, str]]:
    """Line, text, and the preceding character."""
    text = _as_seen(text)
    for found in _PLACEHOLDER.finditer(text):
        start = found.start()
        yield text.count("\n", 0, start) + 1, found[0], text[max(start - 1, 0) : start]
