"""What the public types is text with line breaks and links, and nothing else."""

import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from portal.documents.rendering.plain_text import linkify
from tests.documents.hostile import faults


def links(text: str) -> list[str]:
    return [link["href"] for link in BeautifulSoup(linkify(text), "html5lib").find_all("a")]


def test_blank_lines_part_paragraphs_and_line_ends_stay() -> None:
    assert linkify("a\nb\n\nc\r\nd\n \n\n\ne") == "<p>a<br>\nb</p>\n<p>c<br>\nd</p>\n<p>e</p>"


def test_nothing_is_nothing() -> None:
    assert linkify(" \n\n ") == ""


def test_the_result_is_marked_as_safe() -> None:
    assert isinstance(linkify("a"), Markup)


def test_markdown_and_html_stay_as_typed() -> None:
    assert linkify("**a** <b>b</b> & [c](d)") == ("<p>**a** &lt;b&gt;b&lt;/b&gt; &amp; [c](d)</p>")


def test_text_beside_an_address_stays_as_typed() -> None:
    assert linkify("<b>https://a.b</b><i>") == (
        '<p>&lt;b&gt;<a href="https://a.b" rel="nofollow noopener">https://a.b</a>'
        "&lt;/b&gt;&lt;i&gt;</p>"
    )


def test_an_address_becomes_a_link_that_lends_no_weight() -> None:
    assert linkify("see https://a.b/c?d=e&f=g now") == (
        '<p>see <a href="https://a.b/c?d=e&amp;f=g" rel="nofollow noopener">'
        "https://a.b/c?d=e&amp;f=g</a> now</p>"
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("https://a.b.", ["https://a.b"]),
        ("(https://a.b/c)", ["https://a.b/c"]),
        ("https://a.b/c_(d)!", ["https://a.b/c_(d)"]),
        ('"https://a.b"', ["https://a.b"]),
        ("http://a.b, HTTPS://c.d", ["http://a.b", "HTTPS://c.d"]),
        ("https://a.b\nhttps://c.d", ["https://a.b", "https://c.d"]),
        ("www.a.b a@b.c", []),
        ("javascript:alert(1) data:a ftp://a.b", []),
        ("xhttps://a.b", []),
        ("https://", []),
        ("https://...", []),
    ],
)
def test_what_becomes_a_link(text: str, found: list[str]) -> None:
    assert links(text) == found


def test_characters_that_turn_the_text_around_are_left_out() -> None:
    assert linkify("a\u202eb\u2066c\x00\x1bd") == "<p>abcd</p>"


@given(st.text())
@settings(deadline=None)
def test_any_text_stays_on_the_list(text: str) -> None:
    assert faults(linkify(text), {"p", "br", "a"}) == []


@given(st.text(alphabet=st.characters(exclude_categories=("Cc", "Cs", "Cf", "Zl", "Zp"))))
@settings(deadline=None)
def test_no_word_is_lost(text: str) -> None:
    shown = BeautifulSoup(linkify(text), "html5lib").get_text()
    assert "".join(shown.split()) == "".join(text.split())


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    "text", ["(" * 50_000, "https://" + ")" * 50_000, "\n" * 50_000, "a\n \n" * 20_000]
)
def test_long_text_takes_no_long_time(text: str) -> None:
    linkify(text)


def test_code_points_that_are_no_characters_are_left_out() -> None:
    assert linkify("a\ufdd0\ufffe\U0001ffffb") == "<p>ab</p>"
