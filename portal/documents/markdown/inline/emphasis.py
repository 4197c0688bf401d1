"""Emphasis and strikethrough, by the rules for runs of delimiters in CommonMark 6.2 and GFM 6.5."""

import re
import unicodedata
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from markdown.inlinepatterns import InlineProcessor
from markdown.util import ETX, STX

from portal.documents.markdown.dialect import SHIELD

_RUN = re.compile(r"\*+|_+|~+")
#: Not an HTML tag: the sanitiser removes it and keeps its content.
WRAPPER = "run"


@dataclass
class _Run:
    """A run of one delimiter; `at` and `end` narrow as its characters are paired."""

    char: str
    at: int
    end: int
    opens: bool
    closes: bool
    length: int

    def pairs_with(self, closer: "_Run") -> bool:
        if self.char != closer.char:
            return False
        if self.char == "~":
            return self.length == closer.length
        both_ways = self.closes or closer.opens
        odd = (self.length + closer.length) % 3 == 0 and bool(self.length % 3 or closer.length % 3)
        return not (both_ways and odd)


@dataclass(frozen=True)
class _Pair:
    start: int
    inner: int
    inner_end: int
    end: int
    tag: str


class Emphasis(InlineProcessor):
    """Finds all pairs of a text at the first delimiter, and returns them as one element."""

    def handleMatch(  # type: ignore[override]  # noqa: N802
        self, m: re.Match[str], data: str
    ) -> tuple[Element | None, int | None, int | None]:
        pairs = _pairs([_run(found, data) for found in _RUN.finditer(data, m.start())])
        if not pairs:
            return None, m.start(), len(data)
        start, end = min(pair.start for pair in pairs), max(pair.end for pair in pairs)
        return _tree(data, pairs, start, end), start, end


def _run(found: re.Match[str], data: str) -> _Run:
    before, after = _side(data, found.start(), -1), _side(data, found.end(), 0)
    left = after != "blank" and (after == "word" or before != "word")
    right = before != "blank" and (before == "word" or after != "word")
    char, length = found[0][0], len(found[0])
    opens, closes = left, right
    if char == "_":
        opens = left and (not right or before == "mark")
        closes = right and (not left or after == "mark")
    if char == "~" and length > 2:
        opens = closes = False
    return _Run(char, found.start(), found.end(), opens, closes, length)


def _side(data: str, at: int, offset: int) -> str:
    """The kind of character next to a run: blank, mark (punctuation or a found element) or word."""
    if offset < 0 and data.endswith(SHIELD, 0, at):
        return "blank"
    char = data[at + offset : at + offset + 1] if at + offset >= 0 else ""
    if not char or char.isspace():
        return "blank"
    return "mark" if char in STX + ETX or unicodedata.category(char)[0] in "PS" else "word"


def _pairs(runs: list[_Run]) -> list[_Pair]:
    openers: list[_Run] = []
    pairs: list[_Pair] = []
    searched: dict[tuple[str, bool, int], int] = {}
    for run in runs:
        key = (run.char, run.opens, run.length if run.char == "~" else run.length % 3)
        while run.closes and run.at < run.end:
            floor = min(searched.get(key, 0), len(openers))
            match = _opener(openers, run, floor)
            if match is None:
                searched[key] = len(openers)
                break
            del openers[match + 1 :]
            pairs.append(_joined(openers[match], run))
            if openers[match].at == openers[match].end:
                openers.pop()
        if run.opens and run.at < run.end:
            openers.append(run)
    return pairs


def _opener(openers: list[_Run], closer: _Run, floor: int) -> int | None:
    places = range(len(openers) - 1, floor - 1, -1)
    return next((at for at in places if openers[at].pairs_with(closer)), None)


def _joined(opener: _Run, closer: _Run) -> _Pair:
    size = min(2, opener.end - opener.at, closer.end - closer.at)
    tag = "del" if opener.char == "~" else ("em", "strong")[size - 1]
    pair = _Pair(opener.end - size, opener.end, closer.at, closer.at + size, tag)
    opener.end -= size
    closer.at += size
    return pair


def _tree(data: str, pairs: list[_Pair], start: int, end: int) -> Element:
    """The text from start to end with an element for each pair; bold within bold stays bold."""
    edges = {pair.start: pair for pair in pairs} | {pair.inner_end: None for pair in pairs}
    skips = {pair.start: pair.inner for pair in pairs} | {p.inner_end: p.end for p in pairs}
    open_elements, tags, at = [Element(WRAPPER)], list[str](), start
    for edge in sorted(edges):
        _append(open_elements[-1], data[at:edge])
        pair = edges[edge]
        if pair:
            repeated = pair.tag == "strong" and tags[-1:] == ["strong"]
            open_elements.append(Element(WRAPPER if repeated else pair.tag))
            tags.append(pair.tag)
            open_elements[-2].append(open_elements[-1])
        else:
            open_elements.pop()
            tags.pop()
        at = skips[edge]
    return open_elements[0]


def _append(element: Element, text: str) -> None:
    if len(element):
        element[-1].tail = (element[-1].tail or "") + text
    else:
        element.text = (element.text or "") + text
