"""Blocks are found with the lines where they start and end."""

import pytest

from portal.documents.markdown.blocks.blocks import Block
from portal.documents.markdown.blocks.scanner import scan


def kinds(source: str) -> list[str]:
    return [block.kind for block in scan(source).walk()][1:]


def only(source: str, kind: str) -> Block:
    (block,) = [block for block in scan(source).walk() if block.kind == kind]
    return block


@pytest.mark.parametrize(
    ("source", "kind", "lines"),
    [
        ("a\n\n```\nb\n\nc\n```\nd", "code", (2, 6)),
        ("a\n\n```\nb\n\n", "code", (2, 5)),
        ("a\n\n    b\n\n\nc", "code", (2, 2)),
        ("a\nb\n===\nc", "heading", (0, 2)),
        ("a\n# b\nc", "heading", (1, 1)),
        ("a\n\n<!-- b\n\nc -->\nd", "html", (2, 4)),
        ("a\n|b|\n|-|\n|c|\n\nd", "table", (1, 3)),
        ("a\n\n- b\n\n  c\n\nd", "list", (2, 4)),
        ("> a\nb\n\nc", "quote", (0, 1)),
    ],
)
def test_a_block_knows_its_lines(source: str, kind: str, lines: tuple[int, int]) -> None:
    block = only(source, kind)
    assert (block.line, block.end) == lines


def test_a_heading_inside_a_fence_is_code() -> None:
    assert kinds("```\n# a\n```") == ["code"]


def test_a_heading_inside_a_comment_is_a_comment() -> None:
    assert kinds("<!--\n# a\n\n# b\n-->") == ["html"]


def test_a_heading_inside_preformatted_text_is_none() -> None:
    assert kinds("<pre>\n\n# a\n\n</pre>") == ["html"]


def test_a_fence_ends_with_its_item() -> None:
    assert kinds("- a\n  ```\n  b\n\n# c") == ["list", "item", "paragraph", "code", "heading"]


def test_a_fence_in_an_item_loses_the_indentation_of_the_item() -> None:
    assert only("1. a\n\n   ```\n   b\n     c\n   ```", "code").text == ["b", "  c"]


def test_tabs_inside_a_fence_stay_tabs() -> None:
    assert only("- a\n\n  ```make\n  all:\n  \techo\n  ```", "code").text == ["all:", "\techo"]


def test_an_unclosed_fence_says_so() -> None:
    assert only("```\na", "code").closed is False
    assert only("```\na\n```", "code").closed is True


def test_lists_are_loose_where_a_blank_line_parts_items_or_their_blocks() -> None:
    assert only("- a\n- b", "list").loose is False
    assert only("- a\n\n- b", "list").loose is True
    assert only("- a\n\n  b", "list").loose is True
    assert only("- a\n\nb", "list").loose is False


@pytest.mark.parametrize("break_", ["\n", "\r\n", "\r"])
def test_any_line_end_ends_a_line(break_: str) -> None:
    assert only(f"a{break_}{break_}# b", "heading").line == 2


def test_a_form_feed_or_a_unicode_separator_ends_no_line() -> None:
    assert kinds("a\x0c# b") == ["paragraph"]
    assert kinds("a\u2028# b") == ["paragraph"]


def test_nesting_has_a_bottom() -> None:
    assert kinds("> " * 500 + "a").count("quote") == 60
    assert kinds("- " * 500 + "a").count("item") == 60


@pytest.mark.parametrize(
    "source",
    ["# a" + " " * 50_000 + "b", "a\n|-" + " " * 50_000 + ":", "`" * 50_000, "[" * 50_000],
    ids=["blanks in a heading", "blanks in a table", "backticks", "brackets"],
)
@pytest.mark.timeout(10)
def test_long_lines_take_no_long_time(source: str) -> None:
    assert kinds(source)
