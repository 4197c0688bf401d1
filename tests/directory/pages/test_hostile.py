"""Strings made to break pages are shown as they were typed.

All of them go into reviews and studios, many to a page. selectolax parses as browsers do, fast.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from flask import Flask, render_template
from flask.testing import FlaskClient
from selectolax.lexbor import LexborHTMLParser

from portal.directory.folding import one_line
from portal.directory.presentation import UNNAMED, PublicReview, public_review, public_studio
from portal.directory.search.values import MOST_CHARACTERS
from portal.directory.visibility import Details
from tests.directory.pages.studios import address_of, make_studio
from tests.support.pages import PageClient, words

SCHEMES = ("http://", "https://", "/", "#", "mailto:", "tel:")
FORBIDDEN = "iframe, object, embed, base, form form, math, body style"
#: Every text of a studio and its owner that a page shows.
TEXTS = (
    *("name", "about", "short_about", "city", "equipment_list", "custom_connection_methods"),
    *("full_address", "phone", "website_url", "vimeo_url"),
)


def parsed(html: str) -> LexborHTMLParser:
    """The page; its only tags and attributes are the product's own."""
    page = LexborHTMLParser(html)
    assert len(page.css("script")) == len(page.css("head script, body > script[defer]"))
    assert not page.css(FORBIDDEN)
    for tag in page.css("body *"):
        assert not [name for name in tag.attributes if name.startswith("on")], tag.html
    for link in page.css("[href]"):
        assert (link.attributes["href"] or "").startswith(SCHEMES), link.html
    for image in page.css("img"):
        assert (image.attributes["src"] or "").startswith("/images/"), image.html
    return page


def text_of(page: LexborHTMLParser, selector: str) -> list[str]:
    return [" ".join(tag.text().split()) for tag in page.css(selector)]


def in_batches(items: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def test_every_hostile_string_as_a_review(site: Flask, hostile: list[str]):
    studio = make_studio()
    review = public_review((1, 5, "x", False, studio.created_at, "x", "x"))
    with site.test_request_context("/studios/x"):
        for some in in_batches(hostile, 400):
            shown = public_studio(studio, studio.user, Details(), [], None)
            shown = replace(shown, reviews=tuple(reviewed(review, text) for text in some))
            page = parsed(render_template("directory/studio.html", studio=shown))
            names = text_of(page, ".review-head strong")
            assert names == [one_line(text) or "Anonymous" for text in some]


def test_every_hostile_string_as_a_text_of_a_studio(site: Flask, hostile: list[str]):
    studio = make_studio()
    studio.show_email = studio.show_phone = studio.show_address = True
    with site.test_request_context("/studios/x"):
        for some in in_batches(hostile, len(TEXTS)):
            for name, text in zip(TEXTS, some, strict=False):
                setattr(studio, name, text)
            studio.user.display_name = studio.user.email = some[-1]
            shown = public_studio(studio, studio.user, Details(), [], None)
            page = parsed(render_template("directory/studio.html", studio=shown))
            assert text_of(page, "h1") == [one_line(some[0]) or UNNAMED]


def reviewed(review: PublicReview, text: str) -> PublicReview:
    return replace(review, author=one_line(text), content=text, response=text)


@pytest.mark.parametrize("text", ["{{ 7*7 }}", "{% raw %}", "${7*7}", "<b>bold</b>", "&lt;b&gt;"])
def test_28_templates_and_markup_are_shown_as_typed(reader: PageClient, text: str):
    studio = make_studio(text, about=text)
    page = reader.page(address_of(studio))
    assert words(page.h1) == text
    assert words(page.select_one(".prose p")) == text


def test_hostile_strings_in_a_search_are_shown_as_typed(site: Flask, hostile: list[str]):
    """One in sixty, as many to a search as it takes."""
    client = FlaskClient(site)
    for asked in searches(hostile[::60]):
        query = {"q": asked, "near": asked[::-1], "type": asked[:40]}
        answer = client.get("/studios", query_string=query)
        assert answer.status_code == 200
        page = parsed(answer.text)
        assert page.css_first("input[name=q]").attributes["value"] == one_line(asked).strip()


def searches(hostile: list[str]) -> Iterator[str]:
    asked = ""
    for text in hostile:
        if asked and len(asked) + 1 + len(text) > MOST_CHARACTERS:
            yield asked
            asked = ""
        asked = f"{asked} {text}".strip()[:MOST_CHARACTERS]
    yield asked
