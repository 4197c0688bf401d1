"""Two texts line by line."""

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.documents.publishing.comparison import MOST_SHOWN, Comparison, Line, compare


def drawn(found: Comparison) -> list[str]:
    """`-the [old] words`, `+the [new] words`, ` unchanged`, `…3`."""
    marks = {"removed": "-", "added": "+", "same": " ", "skipped": "…"}
    return [marks[line.mark] + _text(line) for line in found.lines]


def _text(line: Line) -> str:
    if line.mark == "skipped":
        return str(line.count)
    return "".join(f"[{piece.text}]" if piece.differs else piece.text for piece in line.pieces)


def test_the_words_that_differ_are_marked():
    found = compare("The site was down.\n", "The site was slow.\n")
    assert drawn(found) == ["-The site was [down].", "+The site was [slow]."]
    assert (found.removed, found.added) == (1, 1)


def test_lines_that_have_nothing_in_common_stay_whole():
    assert drawn(compare("# Outage", "Prepared by Omar, Tuesday")) == [
        "-# Outage",
        "+Prepared by Omar, Tuesday",
    ]


def test_lines_are_numbered_in_both_texts():
    found = compare("a\nb\nc", "a\nx\ny\nc")
    assert [(line.old, line.new) for line in found.lines] == [
        (1, 1),
        (2, None),
        (None, 2),
        (None, 3),
        (3, 4),
    ]


def test_what_did_not_change_is_folded():
    old = [str(n) for n in range(1, 31)]
    new = [*old[:14], "new", *old[15:]]
    found = drawn(compare("\n".join(old), "\n".join(new)))
    assert found == ["…11", " 12", " 13", " 14", "-15", "+new", " 16", " 17", " 18", "…12"]


def test_a_single_unchanged_line_is_not_folded():
    assert drawn(compare("a\nb\nc\nd\nx", "a\nb\nc\nd\ny"))[0] == " a"


def test_equal_texts_have_no_lines_to_show_but_their_number():
    found = compare("a\nb\nc\nd\n", "a\nb\nc\nd\n")
    assert found.is_same
    assert drawn(found) == ["…4"]


@pytest.mark.parametrize(("old", "new"), [("", "a\nb"), ("a\nb", "")])
def test_all_of_a_text_may_be_new_or_gone(old: str, new: str):
    found = compare(old, new)
    assert {line.mark for line in found.lines} == {"added" if new else "removed"}


LINES = st.lists(st.sampled_from(["", "a", "b", "the site was down", "the site was up"]))


@given(LINES, LINES)
def test_each_text_can_be_read_from_the_marks(old: list[str], new: list[str]):
    """Whatever is folded aside, the marked lines are those of the two texts, in order."""
    found = compare("\n".join(old), "\n".join(new))
    before = "\n".join(old).splitlines()
    after = "\n".join(new).splitlines()
    for line in found.lines:
        text = "".join(piece.text for piece in line.pieces)
        assert line.old is None or before[line.old - 1] == text
        assert line.new is None or after[line.new - 1] == text
    shown = [line for line in found.lines if line.mark != "skipped"]
    folded = sum(line.count for line in found.lines)
    assert sum(line.old is not None for line in shown) + folded == len(before)
    assert sum(line.new is not None for line in shown) + folded == len(after)


def _random(words: str, count: int, length: int = 1) -> str:
    picked = random.Random(7).choices(words, k=count * length)
    lines = range(0, count * length, length)
    return "\n".join(" ".join(picked[at : at + length]) for at in lines)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a\n" * 150_000, "b\n" * 150_000),
        ("a\nb\n" * 999, "b\na\n" * 999),
        (_random("abcdefghij", 1_990), _random("jihgfedcba", 1_990)),
        (_random("abc", 800, 95), _random("cba", 800, 95)),
        (_random("abc", 1, 100_000), _random("cba", 1, 100_000)),
    ],
    ids=["long", "alternating", "few words", "many words", "one line"],
)
def test_no_two_texts_take_more_than_a_moment(old: str, new: str):
    began = time.process_time()
    found = compare(old, new)
    assert time.process_time() - began < 5
    assert len(found.lines) <= MOST_SHOWN
    assert found.is_cut == (found.removed + found.added > MOST_SHOWN)
