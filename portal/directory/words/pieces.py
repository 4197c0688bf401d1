"""Split a text into pieces of letters or digits, and the gaps between them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from portal.directory.words.letters import plain

WORD = re.compile(r"[^\W_]+")
PIECE = re.compile(r"[0-9]+|[^\W_0-9]+")
POSSESSIVE = re.compile(r"(?<=[^\W\d_])['’ʼ]s\b")
# One of these between two words joins them to a compound.
JOINERS = frozenset("-‐‑‒–'’ʼ/._&+·")


class Gap(IntEnum):
    """The gap between a piece and the one before it, widest last."""

    NONE = 0  # U|87
    JOINER = 1  # voice-|over
    SPACE = 2
    SENTENCE = 3  # a full stop, a comma, a new line: the next piece belongs to another phrase


@dataclass(frozen=True)
class Piece:
    text: str
    gap: Gap

    @property
    def is_number(self) -> bool:
        return self.text[0] in "0123456789"


def pieces_of(text: str) -> list[Piece]:
    found: list[Piece] = []
    folded = POSSESSIVE.sub("", plain(text))
    end = 0
    for word in WORD.finditer(folded):
        gap = _gap(folded[end : word.start()]) if found else Gap.SENTENCE
        whole, end = word[0], word.end()
        if whole.isalpha():
            found.append(_piece(whole, gap))
            continue
        for piece in PIECE.findall(whole):
            found.append(_piece(piece, gap))
            gap = Gap.NONE
    return found


@lru_cache(maxsize=20_000)
def _piece(text: str, gap: Gap) -> Piece:
    return Piece(text, gap)


def normal(text: str) -> str:
    """The words of a text, plain, separated by single spaces. Idempotent."""
    return " ".join(WORD.findall(POSSESSIVE.sub("", plain(text))))


@lru_cache(maxsize=256)
def runs_of(text: str) -> tuple[tuple[Piece, ...], ...]:
    """The sentences of a text. Cached: an index reads the same text twice, and many studios have
    the same short ones."""
    return tuple(map(tuple, sentences(pieces_of(text))))


def sentences(pieces: Sequence[Piece]) -> Iterator[list[Piece]]:
    """Runs of pieces within one sentence."""
    run: list[Piece] = []
    for piece in pieces:
        if piece.gap is Gap.SENTENCE and run:
            yield run
            run = []
        run.append(piece)
    if run:
        yield run


def joined(pieces: Sequence[Piece]) -> str:
    return "".join(piece.text for piece in pieces)


@lru_cache(maxsize=1000)
def _gap(between: str) -> Gap:
    if not between:
        return Gap.NONE
    if between in JOINERS:
        return Gap.JOINER
    return Gap.SPACE if between.strip("+®™") in {" ", "\u00a0", "  "} else Gap.SENTENCE
