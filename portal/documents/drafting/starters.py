"""Starter texts: Markdown files of the package; `{today}` becomes the current date.

A starter's sentences are instructions to the author. A text that still contains one is not filled
in: `unfilled_sentences` finds it regardless of line breaks, case and emphasis.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from unicodedata import normalize

from portal.core.clock import now
from portal.core.errors import NotFound
from portal.documents.folders.folder import DocumentFolder
from portal.documents.front_matter.parse import FRONT_MATTER
from portal.documents.markdown.blocks import syntax
from portal.documents.markdown.blocks.blocks import Block
from portal.documents.markdown.blocks.scanner import scan

_SENTENCE_END = re.compile(r"(?<=[.!?…])[*_\"”’)]*\s+")
_WORD = re.compile(r"\w+(?:['’]\w+)*")
_FIELD = re.compile(r"(title|summary):[ \t]*(\S.*)")
#: Markers of blocks for some readers; the text inside is checked like any other.
_MARK = re.compile(r"^[ \t>]*/{2,}.*$", re.M)
#: A shorter sentence matches a starter's only if it is the whole unit.
_FEWEST = 4

Words = tuple[str, ...]


@dataclass(frozen=True)
class Starter:
    name: str
    label: str


@dataclass(frozen=True)
class _Unit:
    """A title, a sentence or a table cell; `line` counts from 1. With `alone` it matches a
    starter's text only if nothing follows it: “Done:” may be followed by what was done.
    """

    line: int
    text: str
    words: Words
    alone: bool


def starters_in(root: Path) -> list[Starter]:
    return [Starter(name, _label(name)) for name in DocumentFolder(root).everything()]


def starter_text(root: Path, name: str) -> str:
    """Raises NotFound."""
    path = DocumentFolder(root).path_of(name)
    if path is None:
        raise NotFound("There is no such text to start from.")
    return path.read_text(encoding="utf-8").replace("{today}", now().date().isoformat())


def unfilled_sentences(text: str, starters_folder: Path) -> list[tuple[int, str]]:
    """Line, from 1, and text of each starter sentence that remains in the text.

    `text` is a whole file or the body of one; it is compared with the sentences of all starters.
    """
    text, wanted = text.replace("\r\n", "\n"), _sentences_of(starters_folder)
    alone = {unit.words for unit in wanted if unit.alone}
    found = [(unit.line, unit.text) for unit in _units(text) if unit.words in alone]
    words = [(word, at) for at, line in enumerate(text.split("\n"), 1) for word in _words(line)]
    stream = tuple(word for word, _ in words)
    places: dict[str, list[int]] = {}
    for at, word in enumerate(stream):
        places.setdefault(word, []).append(at)
    for unit in wanted:
        if not unit.alone:
            starts = places.get(unit.words[0], [])
            count = len(unit.words)
            hits = [words[at][1] for at in starts if stream[at : at + count] == unit.words]
            found += [(line, unit.text) for line in hits]
    return sorted(set(found))


@lru_cache(maxsize=8)
def _sentences_of(root: Path) -> tuple[_Unit, ...]:
    """The sentences of all starters, without duplicates."""
    units: dict[tuple[Words, bool], _Unit] = {}
    for name in DocumentFolder(root).everything():
        for unit in _units(starter_text(root, name)):
            units.setdefault((unit.words, unit.alone), unit)
    return tuple(units.values())


def _units(text: str) -> list[_Unit]:
    """The units of a text that contain a word; a time alone is left out, for example."""
    units = (*_in_head(text), *_in_body(text))
    return [unit for unit in units if any(word[0].isalpha() for word in unit.words)]


def _in_head(text: str) -> Iterator[_Unit]:
    """The title and summary in the front matter."""
    found = FRONT_MATTER.match(text)
    for at, line in enumerate(found[0].split("\n") if found else (), 1):
        if field := _FIELD.fullmatch(line.rstrip()):
            value = field[2].strip("\"'")
            yield from _title(at, value) if field[1] == "title" else _sentences(at, value)


def _in_body(text: str) -> Iterator[_Unit]:
    head = FRONT_MATTER.match(text)
    skipped = head.end() if head else 0
    first = text.count("\n", 0, skipped) + 1
    yield from _of_block(scan(_MARK.sub("", text[skipped:])), first)


def _of_block(block: Block, first: int) -> Iterator[_Unit]:
    """The units of a block. Authors keep a starter's subheadings and table heads: these are
    skipped.
    """
    line, lone = first + block.line, len(block.children) == 1
    if block.kind == "paragraph":
        yield from _sentences(line, "\n".join(block.text))
    elif block.kind == "heading" and block.level == 1:
        yield from _title(line, " ".join(block.text))
    elif block.kind == "table":
        for at, row in enumerate(block.text[2:], line + 2):
            yield from (u for cell in syntax.split_row(row) for u in _title(at, cell))
    elif block.kind == "item" and not lone:
        # a list item with content below its prompt is filled in
        rest = (unit for child in block.children for unit in _of_block(child, first))
        yield from (unit for unit in rest if not unit.text.endswith(":"))
    else:
        for child in block.children:
            yield from _of_block(child, first)


def _title(line: int, text: str) -> Iterator[_Unit]:
    yield _Unit(line, " ".join(text.split()), _words(text), alone=True)


def _sentences(line: int, text: str) -> Iterator[_Unit]:
    """The sentences of a paragraph on that line; one that ends with a colon must be alone."""
    start = 0
    for end in [*(found.end() for found in _SENTENCE_END.finditer(text)), len(text)]:
        said = " ".join(text[start:end].split())
        words, at = _words(said), line + text.count("\n", 0, start)
        yield _Unit(at, said, words, alone=said.endswith(":") or len(words) < _FEWEST)
        start = end


def _words(text: str) -> Words:
    return tuple(_WORD.findall(normalize("NFKC", text).replace("_", " ").casefold()))


def _label(name: str) -> str:
    """`1-degraded-service` becomes “Degraded service”: the number sets the order of the list."""
    return name.lstrip("0123456789-").replace("-", " ").capitalize()
