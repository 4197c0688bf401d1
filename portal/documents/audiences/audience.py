"""For whose eyes a text is, and the blocks of it that only some may see.

`/// internal` … `///`, `/// clients` … `///` and `/// client acme` … `///` fence a part of a text.
It is taken out of the source for whoever may not see it, before anything is made of the text.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from portal.documents.audiences.blocks import AudienceBlock, blocks_in
from portal.documents.markdown.blocks.blocks import split_lines


class Audience(StrEnum):
    """Who may read, from everybody to staff alone."""

    PUBLIC = "public"
    CLIENTS = "clients"
    INTERNAL = "internal"


@dataclass(frozen=True)
class Reader:
    """Through whose eyes a text is shown. `client` is an organisation's slug; `named_only` says
    that it reads only the reports that name it."""

    audience: Audience
    client: str | None = None
    named_only: bool = False

    @property
    def key(self) -> str:
        """Part of every key under which something made for this reader is kept."""
        return f"{self.audience}:{self.client}" if self.client else self.audience.value

    @property
    def is_staff(self) -> bool:
        return self.audience is Audience.INTERNAL

    def reads_all_of(self, audience: Audience) -> bool:
        """Whether what is for this audience as a whole is for this reader too."""
        order = list(Audience)
        return order.index(audience) <= order.index(self.audience)


PUBLIC = Reader(Audience.PUBLIC)
STAFF = Reader(Audience.INTERNAL)


def for_reader(markdown: str, reader: Reader) -> str:
    """The text without the blocks that this reader may not see, and without their marks.

    A block inside another one is seen by whoever may see both; one that is not closed goes on to
    the end. Staff see every block, in a frame that says who else does.
    """
    return _for_reader(markdown, reader) if blocks_in(markdown) else markdown


@lru_cache(maxsize=64)
def _for_reader(markdown: str, reader: Reader) -> str:
    """A page asks several times for one text, and its readers are few."""
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
    """What stands in the place of a mark for a reader who sees the block."""
    if block.in_code:
        return [line] if reader.is_staff else []
    if not reader.is_staff:
        return [block.gap]
    if not begins:
        return [block.gap, f"{block.prefix}</div>", block.gap]
    frame = f'{block.prefix}<div class="audience">'
    return [block.gap, frame, block.gap, f"{block.prefix}*{block.words}*", block.gap]
