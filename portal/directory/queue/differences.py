"""What an edit changes of a text: words that go, come and stay."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

MOST = 2000
"""Words of each text that are compared one by one; of longer ones, only the whole."""
PIECES = re.compile(r"\s+|\S+")


class Mark(StrEnum):
    SAME = "same"
    GONE = "gone"
    NEW = "new"


@dataclass(frozen=True)
class Piece:
    mark: Mark
    text: str


def difference(before: str, after: str) -> list[Piece]:
    """In reading order. Joined, the pieces that are not new are `before`, and those that are not
    gone are `after`. In a long text, no comparison begins at what is repeated
    very often (`autojunk`): that could take a minute."""
    old, new = PIECES.findall(before), PIECES.findall(after)
    if max(len(old), len(new)) > MOST:
        return [Piece(Mark.GONE, before), Piece(Mark.NEW, after)]
    found: list[Piece] = []
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=True).get_opcodes():
        if tag == "equal":
            found.append(Piece(Mark.SAME, "".join(old[a:b])))
            continue
        gone, come = "".join(old[a:b]), "".join(new[c:d])
        found += [Piece(Mark.GONE, gone)] if gone else []
        found += [Piece(Mark.NEW, come)] if come else []
    return found
