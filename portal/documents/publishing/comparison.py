"""Compares two texts line by line, with the words that differ."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import islice

#: Context lines of a change; lines beyond which no similarity is searched; lines shown.
CONTEXT, MOST_LINES, MOST_SHOWN = 3, 4_000, 5_000
#: Maximum number of word comparisons in one diff: about half a second.
PATIENCE = 1_500_000
#: Characters beyond which a line is not split, and the ratio from which lines are similar.
LONGEST_LINE, ALIKE = 10_000, 0.4
Block = tuple[str, int, int, int, int]
_WORD = re.compile(r"\w+|\s+|[^\w\s]")


@dataclass(frozen=True)
class LinePart:
    """A part of a line; `differs` from the other text's line."""

    text: str
    differs: bool = False


@dataclass(frozen=True)
class Line:
    """`mark` is “removed”, “added”, “same”, or “skipped” for `count` unchanged lines left out.

    Numbers count from 1; an added line has none in the old text, a removed one none in the new.
    """

    mark: str
    pieces: tuple[LinePart, ...] = ()
    old: int | None = None
    new: int | None = None
    count: int = 0


@dataclass(frozen=True)
class Comparison:
    """`is_cut`: more lines exist than are shown. The counts are of all lines."""

    lines: list[Line]
    removed: int
    added: int
    is_cut: bool = False

    @property
    def is_same(self) -> bool:
        return not (self.removed or self.added)


def compare(old: str, new: str) -> Comparison:
    before, after = old.splitlines(), new.splitlines()
    blocks = blocks_of(before, after)
    lines = list(islice(_lines(before, after, blocks), MOST_SHOWN + 1))
    changed = [block for block in blocks if block[0] != "equal"]
    return Comparison(
        lines=lines[:MOST_SHOWN],
        removed=sum(i_end - i for _, i, i_end, _, _ in changed),
        added=sum(j_end - j for _, _, _, j, j_end in changed),
        is_cut=len(lines) > MOST_SHOWN,
    )


def blocks_of(before: list[str], after: list[str]) -> list[Block]:
    """Difflib's opcodes. In two long texts that differ much, everything between their common
    beginning and end counts as replaced: a search for similarities would take too long.
    """
    start = _common(before, after)
    end = _common(before[start:][::-1], after[start:][::-1])
    left, right = before[start : len(before) - end], after[start : len(after) - end]
    middle: list[Block] = [("replace", 0, len(left), 0, len(right))]
    if len(left) + len(right) <= MOST_LINES:
        middle = list(SequenceMatcher(None, left, right).get_opcodes())
    blocks: list[Block] = [
        ("equal", 0, start, 0, start),
        *(
            (tag, i + start, i_end + start, j + start, j_end + start)
            for tag, i, i_end, j, j_end in middle
        ),
        ("equal", len(before) - end, len(before), len(after) - end, len(after)),
    ]
    return [block for block in blocks if block[1] < block[2] or block[3] < block[4]]


def _common(before: list[str], after: list[str]) -> int:
    """The number of equal lines at the beginning of both."""
    pairs = zip(before, after, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(before), len(after)))


def _lines(before: list[str], after: list[str], blocks: list[Block]) -> Iterator[Line]:
    words = _Words()
    for at, (tag, i, i_end, j, j_end) in enumerate(blocks):
        if tag == "equal":
            yield from _unchanged(before[i:i_end], i, j, first=at == 0, last=at == len(blocks) - 1)
        else:
            yield from _changed(words, before[i:i_end], after[j:j_end], i, j)


def _unchanged(lines: list[str], i: int, j: int, *, first: bool, last: bool) -> Iterator[Line]:
    head, tail = (0 if first else CONTEXT), (0 if last else CONTEXT)
    skipped = len(lines) - head - tail
    for at, text in enumerate(lines):
        if skipped <= 1 or at < head or at >= len(lines) - tail:
            yield Line("same", (LinePart(text),), i + at + 1, j + at + 1)
        elif at == head:
            yield Line("skipped", count=skipped)


def _changed(words: "_Words", old: list[str], new: list[str], i: int, j: int) -> Iterator[Line]:
    """The removed lines, then the added ones; compared in pairs by position."""
    old, new = old[: MOST_SHOWN + 1], new[: MOST_SHOWN + 1]
    both = [words.apart(a, b) for a, b in zip(old, new, strict=False)]
    removed = [pair[0] for pair in both] + [(LinePart(text),) for text in old[len(both) :]]
    added = [pair[1] for pair in both] + [(LinePart(text),) for text in new[len(both) :]]
    for at, pieces in enumerate(removed):
        yield Line("removed", pieces, old=i + at + 1)
    for at, pieces in enumerate(added):
        yield Line("added", pieces, new=j + at + 1)


class _Words:
    """Splits pairs of lines at the words that differ, up to a limit of comparisons."""

    def __init__(self) -> None:
        self.patience = PATIENCE

    def apart(self, old: str, new: str) -> tuple[tuple[LinePart, ...], tuple[LinePart, ...]]:
        """Both lines split at the words that differ; dissimilar lines are not split."""
        whole = (LinePart(old),), (LinePart(new),)
        if self.patience <= 0 or max(len(old), len(new)) > LONGEST_LINE:
            return whole
        before, after = _WORD.findall(old), _WORD.findall(new)
        self.patience -= len(before) * len(after) + 100
        found = SequenceMatcher(None, before, after, autojunk=False)
        if self.patience <= 0 or found.ratio() < ALIKE:
            return whole
        opcodes = found.get_opcodes()
        left = [
            LinePart("".join(before[i:i_end]), tag != "equal") for tag, i, i_end, _, _ in opcodes
        ]
        right = [
            LinePart("".join(after[j:j_end]), tag != "equal") for tag, _, _, j, j_end in opcodes
        ]
        return tuple(filter(_has_text, left)), tuple(filter(_has_text, right))


def _has_text(piece: LinePart) -> bool:
    return bool(piece.text)
