"""The audience of a text, and blocks of it that only some readers see.

`/// internal` … `///`, `/// clients` … `///` and `/// client acme` … `///` delimit a block. Blocks
that the reader may not see are removed from the source before it is parsed or rendered.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from portal.documents.audiences.blocks import AudienceBlock, blocks_in
from portal.documents.markdown.blocks.blocks import split_lines


class Audience(StrEnum):
    """Who may read, from everybody to staff only."""

    PUBLIC = "public"
    CLIENTS = "clients"
    INTERNAL = "internal"


@dataclass(frozen=True)
class Reader:
    """The reader that a text is shown to. `client` is an organisation's slug; with `named_only` the
    reader sees only the reports that name it.
    """

    audience: Audience
    client: str | None = None
    named_only: bool = False

    @property
    def key(self) -> str:
        """Part of every cache key for content made for this reader."""
        return f"{self.audience}:{self.client}" if self.client else self.audience.value

    @property
    def is_staff(self) -> bool:
        return self.audience is Audience.INTERNAL

    def reads_all_of(self, audience: Audience) -> bool:
        """Whether this reader may read a text whose audience as a whole is `audience`."""
        order = list(Audience)
        return order.index(audience) <= order.index(self.audience)


PUBLIC = Reader(Audience.PUBLIC)
STAFF = Reader(Audience.INTERNAL)


def for_reader(markdown: str, reader: Reader) -> str:
    """The text without the blocks that this reader may not see, and without block markers.

    A nested block is visible to readers who may see both blocks; an unclosed one extends to the end
    of the text. Staff see every block in a frame that names its other readers.
    """
    return _for_reader(markdown, reader) if blocks_in(markdown) else markdown


@lru_cache(maxsize=64)
def _for_reader(markdown: str, reader: Reader) -> str:
    """Cached: a page needs the same text several times, for few readers."""
    blocks = blocks_in(markdown)
    begins = {block.line: block for block in blocks}
    ends = {block.end: block for block in blocks}
    shown: list[str] = []
    hidden_by: list[AudienceBlock] = []
    for at, line in enumerate(split_lines(markdown)):
        mark = begins.get(at) or ends.get(at)
        if at in begins and (hidden_by or not may_see(begins[at], reader)):
            shown += [] if hidden_by or begins[at].in_code else [begins[at].gap]
            hidden_by.append(begins[at])
        elif hidden_by and ends.get(at) is hidden_by[-1]:
            hidden_by.pop()
        elif not hidden_by:
            shown += _mark(mark, line, reader, begins=at in begins) if mark else [line]
    return "\n".join(shown)


def may_see(block: AudienceBlock, reader: Reader) -> bool:
    if reader.is_staff:
        return True
    if reader.audience is not Audience.CLIENTS:
        return False
    return block.is_for_clients or (block.client is not None and block.client == reader.client)


def _mark(block: AudienceBlock, line: str, reader: Reader, *, begins: bool) -> list[str]:
    """The lines that replace a marker for a reader who sees the block."""
    if block.in_code:
        return [line] if reader.is_staff else []
    if not reader.is_staff:
        return [block.gap]
    if not begins:
        return [block.gap, f"{block.prefix}</div>", block.gap]
    frame = f'{block.prefix}<div class="audience">'
    return [block.gap, frame, block.gap, f"{block.prefix}*{block.words}*", block.gap]
