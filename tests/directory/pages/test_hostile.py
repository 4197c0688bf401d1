"""Strings made to break pages are shown as they were typed."""

from dataclasses import replace

import pytest
from bs4 import BeautifulSoup
from flask import Flask, render_template

from portal.directory.folding import one_line
from portal.directory.public import UNNAMED, PublicReview, public_review, public_studio
from tests.directory.pages.studios import address_of, make_review, make_studio
from tests.support.pages import PageClient, check_page, words

SCHEMES = ("http://", "https://", "/", "#", "mailto:", "tel:")


def check(page: BeautifulSoup) -> None:
    """The only tags and attributes are the product's own."""
    assert len(page.select("script")) == len(page.select("head script, body > script[defer]"))
    assert not page.select("iframe, object, embed, base, form form, math, body style")
    for link in page.select("[href]"):
        assert link["href"].startswith(SCHEMES), link
    for image in page.select("img"):
        assert image["src"].startswith("/images/"), image


def test_every_hostile_string_as_a_review(site: Flask, hostile: list[str]):
    """Many strings a page, and one in six: all of them would take a minute."""
    studio = make_studio()
    review = make_review(studio, response="x")
    with site.test_request_context("/studios/x"):
        for some in batched(hostile[::6], 120):
            reviews = [reviewed(public_review(review), text) for text in some]
            shown = replace(public_studio(studio, [], None), reviews=tuple(reviews))
            page = BeautifulSoup(render_template("directory/studio.html", studio=shown), "html5lib")
            check(page)
            names = [words(name) for name in page.select(".review-head strong")]
            assert names == [one_line(text) or "Anonymous" for text in some]


def test_hostile_strings_in_every_text_of_a_studio(site: Flask, hostile: list[str]):
    studio = make_studio()
    with site.test_request_context("/studios/x"):
        for text in hostile[::40]:
            studio.name = studio.about = studio.short_about = studio.city = text
            studio.equipment_list = studio.custom_connection_methods = text
            studio.full_address = studio.phone = studio.user.display_name = text
            studio.website_url = studio.vimeo_url = studio.user.email = text
            studio.show_email = studio.show_phone = studio.show_address = True
            shown = public_studio(studio, [], None)
            page = BeautifulSoup(render_template("directory/studio.html", studio=shown), "html5lib")
            check(page)
            assert words(page.h1) == (one_line(text) or UNNAMED)


def reviewed(review: PublicReview, text: str) -> PublicReview:
    return replace(review, author=one_line(text), content=text, response=text)


def batched(items: list[str], size: int) -> list[list[str]]:
    return [items[start : start + size] for start in range(0, len(items), size)]


@pytest.mark.parametrize("text", ["{{ 7*7 }}", "{% raw %}", "${7*7}", "<b>bold</b>", "&lt;b&gt;"])
def test_templates_and_markup_are_shown_as_typed(reader: PageClient, text: str):
    studio = make_studio(text, about=text)
    page = reader.page(address_of(studio))
    assert words(page.h1) == text
    assert words(page.select_one(".prose p")) == text


def test_hostile_words_in_the_search_are_shown_as_typed(reader: PageClient, hostile: list[str]):
    for text in hostile[::120]:
        answer = reader.get("/studios", query_string={"q": text, "near": text, "type": text})
        assert answer.status_code == 200
        check(check_page(answer.text))
