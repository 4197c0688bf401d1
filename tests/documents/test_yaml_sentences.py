"""What is wrong in front matter is one sentence: the line, what was written, and the fix."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.core.errors import Invalid
from portal.documents.document import parse_document
from tests.support.trials import examples

CASES = [
    (
        "title: A: b",
        2,
        '“title: A: b” has a second colon; put quotes around the title, as in title: "A',
    ),
    ("a: b\ntitle:A\nc: d", 3, "“title:A” has no blank behind the colon; write “title: A”"),
    ("a: b\ntitle\uff1aA\nc: d", 3, "has no blank behind the colon; write “title: A”"),
    ("a: b\n  c: d", 3, "“c: d” is indented more than the keys around it"),
    ("a: b\njust words\nc: d", 3, "“just words” has no colon with a blank behind it"),
    ("a:\tb", 2, "“a: b” holds a tab; write blanks in its place"),
    ("title: @ana", 2, 'put quotes around the title, as in title: "@ana"'),
    ("title: *ana", 2, "it refers to another value in “title: *ana”, which is not read here"),
    ("title: !x y", 2, "“!” begins a tag, which is not read here; put quotes around the value"),
    ("title: {{ x }}", 2, "text that begins with { or [ needs quotes"),
    ('title: "a\nb: c', 2, "the quotes that begin here are not closed"),
    ("title: [a", 3, "“title: [a”: a bracket is not closed"),
    ('title: "C:\\dir"', 2, "use single quotes"),
    ("<<: {a: b}", 2, "“<<” is not read here; write the keys themselves"),
    ("a: b\n--- c", 3, "a second “---” begins here; keep one front matter"),
    ("a: \x07", 2, "it holds a character that no text may hold; delete it"),
    (f"a: b: {'c' * 5_000}", 2, "…”"),
    ("a: " + "[" * 3_000, 1, "it is nested too deeply"),
]


@pytest.mark.parametrize(("front_matter", "line", "sentence"), CASES, ids=lambda v: str(v)[:20])
def test_the_sentence_names_line_words_and_fix(front_matter, line, sentence):
    with pytest.raises(Invalid) as error:
        parse_document(f"---\n{front_matter}\n---\nText\n", "d")
    assert error.value.sentence.startswith(f"d.md, line {line}: the front matter can't be read: ")
    assert sentence in error.value.sentence
    assert "\n" not in error.value.sentence
    assert len(error.value.sentence) < 400


@pytest.mark.parametrize(
    "value",
    [
        *("14:30", "0x10", "010", "1_000", ".inf", "-.inf", ".nan", "1e999", "yes", "No", "on"),
        *("9" * 7_000, f"0x{'f' * 7_000}", "!!int 0x10", "!!bool maybe", "!!timestamp soon"),
        *("!!float x", '!!int ""', "2026-99-99", "1:1:1:1.5"),
    ],
)
def test_what_only_looks_like_a_value_stays_as_it_was_written(value):
    meta = parse_document(f"---\na: {value}\n---\nText\n", "d").meta
    assert meta == {"a": value.partition(" ")[2].strip('"') if value.startswith("!!") else value}


@settings(max_examples=examples(300), deadline=None)
@given(st.text("ab:-[]{}&*!|>'\"%@`#,?~ \t\n0123456789.eExX<\u00e9\u2028", max_size=40))
def test_anything_is_a_document_or_a_sentence(text):
    try:
        said = str(parse_document(f"---\n{text}\n---\nText\n", "d").meta)
    except Invalid as error:
        said = error.sentence.partition(", line ")[0] + "{"
    assert said.startswith(("d.md", "{"))
