"""`[Like This]` asks for something; brackets that Markdown reads otherwise do not."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.emails.drafting import placeholders
from portal.emails.drafting.placeholders import placeholders_in, placeholders_in_line


def names(markdown: str) -> list[str]:
    return [each.name for each in placeholders_in(markdown)]


@pytest.mark.parametrize(
    ("markdown", "found"),
    [
        ("Hi [Client Name],", ["Client Name"]),
        ("**[Client Name]** and [ Duration ]", ["Client Name", "Duration"]),
        ("- [Client Name]\n\n> [Duration]", ["Client Name", "Duration"]),
        ("<p>[Client Name]</p>", ["Client Name"]),
        ("[Client Name](not an address)", ["Client Name"]),
        ("[Client Name][nothing defined]", ["Client Name", "nothing defined"]),
        ("[x] in a sentence", ["x"]),
        ("[the site](https://example.com)", []),
        ("![a picture](/images/a.png)", []),
        ("[the site][s] and [s]\n\n[s]: https://example.com", []),
        ("A note[^1]\n\n[^1]: below", []),
        ("- [x] done\n- [ ] open\n1. [X] done", []),
        ("`[Client Name]` and ``[a] ` [b]``", []),
        ("```\n[Client Name]\n```", []),
        ("    [Client Name]", []),
        ("\\[Client Name]", []),
        ("[] and [ ]", []),
    ],
)
def test_what_is_a_placeholder_and_what_is_not(markdown, found):
    assert names(markdown) == found


def test_case_and_blanks_make_no_difference():
    assert placeholders_in("[client  NAME]")[0].key == placeholders_in("[Client Name]")[0].key


def test_a_placeholder_knows_its_line_and_its_place():
    text = "One\n\nHi [Client Name],"
    found = placeholders_in(text, start_line=10)[0]
    assert (found.line, text[found.start : found.end]) == (12, "[Client Name]")


def test_a_subject_has_no_markdown():
    found = placeholders_in_line("[Client Name](x) `[Duration]`")
    assert [each.name for each in found] == ["Client Name", "Duration"]


def test_many_open_brackets_take_no_time():
    assert names("[" * 20_000 + "[a" * 5_000) == []


#: What code in a line is. The product's own way gives the same and takes no longer for long texts.
CODE = re.compile(r"(?<![`\\])(`+)(?!`)(?:.(?!\n[ \t]*\n))+?(?<!`)\1(?!`)", re.S)


@given(st.text(alphabet="``a\n \\", max_size=30))
def test_code_in_lines_ends_where_as_many_backquotes_stand(text):
    assert list(placeholders._code_in_lines(text)) == [each.span() for each in CODE.finditer(text)]


@pytest.mark.parametrize(
    "text",
    [
        "".join("`" * length + "a" for length in range(1, 430)),
        "[a](" * 24_000,
        "[a]\n" * 20_000,
        "`a\n\n" * 20_000,
    ],
)
def test_no_text_takes_long(text):
    """While a regular expression runs, no other thread of the site does."""
    began = time.process_time()
    placeholders_in(text)
    assert time.process_time() - began < 2
