"""Rendered text as a part of a page."""

import pytest

from portal.documents.rendering.embedding import inside_a_page, main_of_a_page
from portal.documents.rendering.render import render
from tests.documents.hostile import ATTRIBUTES, faults
from tests.support.corpora import hostile_strings


def fitted(text: str) -> str:
    return str(inside_a_page(render(text).html))


@pytest.mark.parametrize(("typed", "shown"), [("#", "h2"), ("##", "h3"), ("######", "h6")])
def test_headings_stand_one_rank_lower(typed: str, shown: str):
    assert fitted(f"{typed} Words") == f"<{shown}>Words</{shown}>"


def test_no_name_of_a_text_is_one_of_the_page():
    assert " id=" not in fitted('# Main\n\n<a id="editor-text">x</a>\n\na[^1]\n\n[^1]: b\n')


def test_a_box_says_whether_it_is_ticked():
    html = fitted("- [ ] open\n- [x] done\n")
    assert html.count('aria-label="not ticked"') == 1
    assert html.count('aria-label="ticked"') == 1


@pytest.mark.parametrize("text", ['say id="x"', '`<h1 id="x">`', '"checked"', 'a < b id="y" > c'])
def test_words_stay_as_they_are(text: str):
    assert fitted(text) == render(text).html


def test_26_nothing_hostile_comes_of_it(monkeypatch):
    monkeypatch.setitem(ATTRIBUTES, "input", ATTRIBUTES["input"] | {"aria-label"})
    for start in range(0, len(hostile_strings()), 40):
        text = "\n\n".join(hostile_strings()[start : start + 40])
        assert faults(fitted(text)) == []


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("# One *title*\n\ntext", "One title"),
        ("# A &lt; `b`\n", "A < b"),
        ("text\n\n# Later\n", "Later"),
        ("## Part\n\n# Later\n", None),
        ("#\n\n# Later\n", None),
        ("<h1>Raw</h1>\n\n# Later\n", "Raw"),
        ("no heading", None),
    ],
)
def test_a_text_may_bring_the_title_of_its_page(text: str, title: str | None):
    assert main_of_a_page(render(text).html).title == title


def test_further_headings_of_the_first_rank_count_as_the_second():
    html = main_of_a_page(render("# One\n\n# Two\n\n> # Three\n\n## Four\n").html).html
    assert html.count("<h1") == 3
    assert html.startswith('<h1 id="user-content-one">One</h1>')
    assert '<h1 id="user-content-two" aria-level="2">Two</h1>' in html
    assert '<h1 id="user-content-three" aria-level="2">' in html
    assert '<h2 id="user-content-four">' in html


def test_boxes_have_names_there_too():
    html = main_of_a_page(render("- [ ] open\n- [x] done\n").html).html
    assert [html.count(f'aria-label="{word}"') for word in ("not ticked", "ticked")] == [1, 1]
