"""Whatever is written, the HTML holds nothing that is not on the list."""

import pytest
from bs4 import BeautifulSoup

from portal.documents.markdown.safety import clean
from portal.documents.rendering.plain_text import linkify
from portal.documents.rendering.render import render
from tests.documents.hostile import faults, faulty
from tests.support.corpora import hostile_strings

WRAPPINGS = ["[a]({})", "![a]({})", "<{}>", "> - {}", "|a|\n|-|\n|{}|", "```{}\n{}\n```"]


def markdown(text: str) -> str:
    return render(text).html


def test_26_no_hostile_string_gets_through_markdown() -> None:
    assert faulty(hostile_strings(), markdown) == []


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_26_no_hostile_string_gets_through_inside_other_markdown(wrapping: str) -> None:
    """A twelfth of them, another one for each wrapping."""
    share = hostile_strings()[WRAPPINGS.index(wrapping) :: 12]
    texts = [wrapping.replace("{}", text) for text in share]
    assert faulty(texts, markdown) == []


def test_26_all_hostile_strings_in_one_document_change_nothing() -> None:
    texts = hostile_strings()
    for start in range(0, len(texts), 200):
        assert faults(render("\n\n".join(texts[start : start + 200])).html) == []


def test_26_no_hostile_string_gets_through_plain_text() -> None:
    assert faulty(hostile_strings(), linkify, {"p", "br", "a"}) == []


def test_there_are_thousands_of_hostile_strings() -> None:
    assert len(hostile_strings()) > 6_000


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<p onclick=alert(1)>a</p>",
        "<a href=javascript:alert(1)>a</a>",
        "<img src=http://a.b/c.png>",
        "<input type=text>",
        "<form></form>",
        "<p style='color:red'>a</p>",
        "<!-- a -->",
        "<a href='/a'>b</a>",
    ],
)
def test_the_check_itself_sees_each_fault(html: str) -> None:
    assert faults(html) != []


@pytest.mark.parametrize(
    "source",
    [
        "<svg><script>alert(1)</script></svg>",
        "<template><p>a</p></template>",
        "<object data='/a'>b</object>",
    ],
)
def test_what_is_no_text_goes_with_all_it_holds(source: str) -> None:
    assert BeautifulSoup(render(source).html, "html5lib").get_text().strip() == ""


@pytest.mark.parametrize("tag", ["script", "style", "iframe", "title", "textarea", "plaintext"])
def test_what_would_change_the_reading_of_the_rest_is_shown_as_typed(tag: str) -> None:
    soup = BeautifulSoup(render(f"a <{tag}>b</{tag}> c").html, "html5lib")
    assert soup.p.get_text() == f"a <{tag}>b</{tag}> c"


def test_other_unknown_tags_leave_their_text() -> None:
    assert render("<center>\n\na <font color=red>b</font>\n\n</center>").html == "\n<p>a b</p>\n"


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,a", "vbscript:a", "ftp://a.b", "tel:1"]
)
def test_a_link_with_another_scheme_leads_nowhere(address: str) -> None:
    for source in (f"[a]({address})", f"<{address}>", f"[a]\n\n[a]: {address}"):
        soup = BeautifulSoup(render(source).html, "html5lib")
        assert [link.get("href") for link in soup.find_all("a")] in ([None], [])


def test_an_address_in_disguise_leads_nowhere() -> None:
    for disguise in ("java&#1;script:a", "java&#9;script:a", "&#1;javascript:a", "a&#10;b"):
        assert "href" not in clean(f'<a href="{disguise}">b</a>')


def test_a_link_can_not_reach_the_page_that_opened_it() -> None:
    assert render("[a](https://b.c)").html == '<p><a href="https://b.c" rel="noopener">a</a></p>'


def test_an_author_can_not_take_noopener_away() -> None:
    assert 'rel="noopener"' in render('<a href="/a" rel="opener">b</a>').html


@pytest.mark.parametrize("html", ["<input>", "<input type=text name=a value=b>", "<input type=x>"])
def test_any_input_becomes_a_disabled_box_without_a_name(html: str) -> None:
    (box,) = BeautifulSoup(clean(html), "html5lib").find_all("input")
    assert box.attrs == {"type": "checkbox", "disabled": ""}


def test_only_the_products_own_classes_stay() -> None:
    html = clean('<div class="highlight modal"><span class="k modal">a</span></div>')
    assert html == '<div class="highlight"><span class="k">a</span></div>'
    assert clean('<p class="highlight">a</p>') == "<p>a</p>"


def test_details_stay_foldable() -> None:
    source = "<details open>\n<summary>a</summary>\n\n**b**\n\n</details>"
    soup = BeautifulSoup(render(source).html, "html5lib")
    assert soup.details.summary.get_text() == "a"
    assert soup.details.strong.get_text() == "b"
    assert "open" in soup.details.attrs


def test_a_tables_alignment_is_one_of_three() -> None:
    html = clean("<table><tr><td align=right>a</td><td align='x'>b</td></tr></table>")
    assert 'align="right"' in html
    assert html.count("align") == 1


def test_html_that_is_not_closed_is_closed() -> None:
    assert render("<details>\n\na").html.endswith("</details>")
