"""What stands inside a line becomes the HTML that cmark-gfm makes of it, word for word."""

import re

import pytest

from portal.documents.markdown.converter import to_html


def line(source: str) -> str:
    html, _toc = to_html(source)
    html = html.removeprefix("<p>").removesuffix("</p>").replace(' rel="noopener"', "")
    return re.sub(r"\s*\n\s*", "\n", html)


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("***a***", "<em><strong>a</strong></em>"),
        ("**a *b***", "<strong>a <em>b</em></strong>"),
        ("*a **b***", "<em>a <strong>b</strong></em>"),
        ("**a*", "*<em>a</em>"),
        ("*a_b*", "<em>a_b</em>"),
        ("a*b*c a_b_c", "a<em>b</em>c a_b_c"),
        ("** a ** * b *", "** a ** * b *"),
        ("_a _b_", "_a <em>b</em>"),
        ("~~a~~ ~b~ ~~c~ ~~~d~~~", "<del>a</del> <del>b</del> ~~c~ ~~~d~~~"),
        ("**bold**`code`", "<strong>bold</strong><code>code</code>"),
    ],
)
def test_emphasis(source: str, html: str) -> None:
    assert line(source) == html


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("`a`", "<code>a</code>"),
        ("`` `a` ``", "<code>`a`</code>"),
        ("` a`", "<code> a</code>"),
        ("`a  b`", "<code>a  b</code>"),
        ("`*a* <b>`", "<code>*a* &lt;b&gt;</code>"),
        ("\\`a`", "`a`"),
        ("`a\\`b`", "<code>a\\</code>b`"),
        ("```a``", "```a``"),
    ],
)
def test_code(source: str, html: str) -> None:
    assert line(source) == html


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("[a](/b)", '<a href="/b">a</a>'),
        ('[a](/b "c")', '<a href="/b" title="c">a</a>'),
        ("[a](</b c>)", '<a href="/b c">a</a>'),
        ("[a](/b(c)d)", '<a href="/b(c)d">a</a>'),
        ("[*a*](/b)", '<a href="/b"><em>a</em></a>'),
        ("[a [b](/c)](/d)", '[a <a href="/c">b</a>](/d)'),
        ("[a](/b c)", "[a](/b c)"),
        ("[a] (/b)", "[a] (/b)"),
        ("\\[a](/b)", "[a](/b)"),
        ("[a](/b\\_c)", '<a href="/b_c">a</a>'),
        ("![a](/b.png)", '<img alt="a" src="/b.png">'),
        ("[![a](/b.png)](/c)", '<a href="/c"><img alt="a" src="/b.png"></a>'),
    ],
)
def test_links_and_images(source: str, html: str) -> None:
    assert line(source) == html


@pytest.mark.parametrize(
    ("source", "links"),
    [
        ("https://a.b/c.", ["https://a.b/c"]),
        ("(https://a.b/c)", ["https://a.b/c"]),
        ("https://a.b/c_(d)", ["https://a.b/c_(d)"]),
        ("https://a.b/c_d_e", ["https://a.b/c_d_e"]),
        ("https://a.b/?c=d&amp;e", ["https://a.b/?c=d&amp;e"]),
        ("https://a.b/c&quot;", ["https://a.b/c"]),
        ("**https://a.b**", ["https://a.b"]),
        ("www.a.b", ["http://www.a.b"]),
        ("xwww.a.b", []),
        ("a@b.c", ["mailto:a@b.c"]),
        ("a@b", []),
        ("a@b.c-", []),
        ("https://a_b.c", []),
        ("https://", []),
        ("[https://a.b]", []),
        ("`https://a.b`", []),
        ("[https://a.b](/c)", ["/c"]),
        ("<https://a.b>", ["https://a.b"]),
    ],
)
def test_addresses(source: str, links: list[str]) -> None:
    assert [part.split('"')[0] for part in line(source).split('href="')[1:]] == links


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("a  \nb", "a<br>\nb"),
        ("a\\\nb", "a<br>\nb"),
        ("a \nb", "a\nb"),
        ("a  ", "a"),
        ("`a  \nb`", "<code>a   b</code>"),
        ("a<br>b", "a<br>b"),
        ("a <b>", "a "),
        ("a <b, c> 1<2", "a &lt;b, c&gt; 1&lt;2"),
        ("a <!-- b --> c", "a  c"),
        ("&lt; &copy; &nope; &", "&lt; © &amp;nope; &amp;"),
        ("\\<a> \\& \\#", "&lt;a&gt; &amp; #"),
    ],
)
def test_breaks_tags_and_entities(source: str, html: str) -> None:
    assert line(source) == html
