"""Rendering any text gives HTML, and the structure of cmark-gfm for any heap of blocks."""

from hypothesis import given, settings
from hypothesis import strategies as st

from portal.documents.markdown.blocks.scanner import scan
from portal.documents.markdown.blocks.sections import headings, lines_outside_fences
from portal.documents.rendering.render import render
from tests.documents.hostile import faults
from tests.documents.parity import difference
from tests.support.trials import examples

LINES = [
    *("a", "b c", "", "", "- x", "* y", "+ + z", "-", "1. v", "2. w", "10) u", "-   t", "> q", ">"),
    *(
        "> - r",
        "  - n",
        "   k",
        "      m",
        "    i",
        "\tj",
        "# h",
        "===",
        "---",
        "***",
        "```",
        "> ```",
    ),
    *("~~~sh", "   ```", "|a|b|", "|1|2|", "<div>", "</div>", "<!-- c -->", "<b>", "<details>"),
    *("[r]: /u", "[r]", "- [ ] p", "a  ", "b\\", "`c`", "**s**", "*e*"),
]
MARKS = list("*_`~[]()<>!#|-+=\\&:/.@ \n\t") + ["http://a.b", "<b>", "&amp;", "[a](b)", "a", "é"]


@given(st.text(max_size=300))
@settings(deadline=None)
def test_any_text_renders(text: str) -> None:
    assert faults(render(text).html) == []


@given(st.lists(st.sampled_from(MARKS), max_size=60).map("".join))
@settings(max_examples=examples(200), deadline=None)
def test_any_heap_of_marks_renders(text: str) -> None:
    rendered = render(text)
    assert not rendered.failed
    assert faults(rendered.html) == []


@given(st.lists(st.sampled_from(LINES), min_size=1, max_size=8).map("\n".join))
@settings(max_examples=examples(200), deadline=None, derandomize=True)
def test_any_heap_of_blocks_has_the_structure_of_cmark_gfm(source: str) -> None:
    assert difference(f"{source}\n") == []


@given(st.lists(st.sampled_from(LINES), max_size=12))
@settings(deadline=None)
def test_every_line_belongs_to_its_block(lines: list[str]) -> None:
    for block in scan("\n".join(lines)).walk():
        assert 0 <= block.line <= block.end < max(len(lines), 1)
        starts = [child.line for child in block.children]
        assert starts == sorted(starts)
        assert all(block.line <= c.line and c.end <= block.end for c in block.children)


@given(st.text(alphabet="#`~- \n>ab", max_size=120))
@settings(deadline=None)
def test_any_text_can_be_cut(text: str) -> None:
    lines = text.split("\n")
    for number, line in lines_outside_fences(text):
        assert lines[number - 1] == line
    assert all(1 <= heading.line <= len(lines) for heading in headings(text))
