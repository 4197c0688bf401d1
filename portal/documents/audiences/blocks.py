"""Finds where the blocks for some readers begin and end: `/// internal`, `///`.

Ambiguous lines count as the beginning of a block and never as its end. A mistake by the author
therefore hides too much, which is noticed, rather than too little, which is not.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import lru_cache
from unicodedata import category, normalize

from portal.documents.markdown.blocks import syntax
from portal.documents.markdown.blocks.blocks import Block, split_lines
from portal.documents.markdown.blocks.scanner import scan

_ONE_LINE = re.compile(r"[\v\f\x1c-\x1e\x85\u2028\u2029]")
_TAG = re.compile(r"<(?!!)[^<>]*>")
_NUMBER = r"(?:\d+[.)][^\w/]*)*"
_BEGIN = re.compile(rf"[^\w/]*{_NUMBER}(/{{2,}})\s*([^/\s].*)$")
_END = re.compile(r"[\s>]*(?:(?:[-+*]|\d+[.)])\s+)*(/{3,})\s*$")
_INSIDE = re.compile(r"(?<!/)/{3,}\s*(?:internal|clients?)\b", re.I)
_PREFIX = re.compile(r"[ \t>]*")
_SLUG = re.compile(r"[\w-]+")


@dataclass(frozen=True)
class AudienceBlock:
    """`line` and `end` are the markers' lines, from 0; an `end` of None is an unclosed block.

    `mark` is the line it begins with, `prefix` the blanks and quote marks before the marker, `code`
    the first line of the fence or comment that contains it.
    """

    line: int
    mark: str
    prefix: str
    kind: str
    rest: str
    slashes: int
    code: int | None = None
    end: int | None = None

    @property
    def client(self) -> str | None:
        """The slug of the organisation that the block is for; None if it is for no single one."""
        return self.rest if self.kind == "client" and _SLUG.fullmatch(self.rest) else None

    @property
    def is_for_clients(self) -> bool:
        return self.kind == "clients" and not self.rest

    @property
    def problem(self) -> str | None:
        """What the author should fix; until then only staff see the block."""
        if self.slashes == 2:
            return f"A block begins with three strokes: “/// {self.kind}”."
        if self.kind == "client" and self.client is None:
            return "A block for a client names one: “/// client acme”."
        if self.kind in ("internal", "clients") and self.rest:
            return f"Nothing may follow “/// {self.kind}” on its line."
        if self.kind not in ("internal", "clients", "client"):
            return f"“/// {self.kind}” is no block: it is internal, clients or client with a name."
        return None

    @property
    def words(self) -> str:
        """Who sees the block, as a sentence for staff."""
        if self.is_for_clients:
            return "For clients and staff only."
        return f"For {self.client} and staff only." if self.client else "For staff only."

    @property
    def in_code(self) -> bool:
        return self.code is not None

    @property
    def gap(self) -> str:
        """A blank line that replaces a marker, with its quote marks."""
        return self.prefix.rstrip()


def blocks_in(markdown: str) -> list[AudienceBlock]:
    """All blocks, ordered by their first line."""
    return list(_blocks_in(markdown))


@lru_cache(maxsize=8)
def _blocks_in(markdown: str) -> tuple[AudienceBlock, ...]:
    """Cached: a page, its linter and its timeline need the blocks of the same text."""
    lines = split_lines(markdown)
    begun = {at: block for at, line in enumerate(lines) if (block := _beginning(at, line))}
    if not begun:
        return ()
    code = _code_lines(scan(markdown))
    open_blocks: list[AudienceBlock] = []
    done: list[AudienceBlock] = []
    for at, line in enumerate(lines):
        if at in begun:
            open_blocks.append(replace(begun[at], code=code.get(at)))
        elif open_blocks and _ends(_plain(line), open_blocks[-1], code.get(at)):
            done.append(replace(open_blocks.pop(), end=at))
    return tuple(sorted([*done, *open_blocks], key=lambda block: block.line))


def stray_ends(markdown: str) -> list[int]:
    """Lines, from 0, of end markers that close no block."""
    ends = {block.end for block in blocks_in(markdown)}
    lines = split_lines(markdown)
    return [at for at, line in enumerate(lines) if _END.match(_plain(line)) and at not in ends]


def begins_no_block(line: str, at: int, begun: Collection[int]) -> bool:
    """Whether the line has a marker in its middle, where it has no effect."""
    return at not in begun and bool(_INSIDE.search(line))


def _beginning(at: int, line: str) -> AudienceBlock | None:
    text = _plain(line)
    for part in _ONE_LINE.split(text) if "//" in text else ():
        found = _BEGIN.match(_TAG.sub("", part))
        if found:
            kind, _, rest = found[2].strip().casefold().partition(" ")
            slashes = len(found[1])
            if slashes > 2 or kind in ("internal", "clients", "client"):
                prefix = _PREFIX.match(line)
                before = prefix[0] if prefix else ""
                return AudienceBlock(at, line, before, kind, rest.strip(), slashes)
    return None


def _ends(text: str, block: AudienceBlock, code: int | None) -> bool:
    """Whether the line closes the block.

    A marker of another length, in a deeper quote, or in code that began inside the block does not.
    """
    found = _END.match(text)
    if not found or len(found[1]) != block.slashes:
        return False
    return code in (None, block.code) and _quotes(text) <= _quotes(block.mark)


def _quotes(text: str) -> int:
    prefix = _PREFIX.match(text)
    return prefix[0].count(">") if prefix else 0


def _plain(line: str) -> str:
    """The line in NFKC form without invisible characters."""
    if line.isascii() and line.isprintable():
        return line
    kept = (char for char in normalize("NFKC", line) if category(char) != "Cf")
    return "".join(kept)


def _code_lines(document: Block) -> dict[int, int]:
    """The lines within fences, comments and other raw HTML, with the first line of each."""
    found: dict[int, int] = {}
    for block in document.walk():
        raw = block.ends is not None and not syntax.ends_on_blank(block.ends)
        if block.fenced or (block.kind == "html" and raw):
            found.update(dict.fromkeys(range(block.line, block.end + 1), block.line))
    return found
