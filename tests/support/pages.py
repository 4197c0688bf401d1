"""A client that reads every page it is given as a strict reader would."""

from functools import lru_cache
from typing import Any

import html5lib
from bs4 import BeautifulSoup, Tag
from bs4.builder import HTML5TreeBuilder
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.likeness import likeness


class ErrorsKept(HTML5TreeBuilder):
    """Builds the tree as a browser would, and keeps what it had to fix."""

    def feed(self, markup: Any) -> None:
        parser = html5lib.HTMLParser(tree=self.create_treebuilder)
        self.underlying_builder.parser = parser
        parser.parse(markup).original_encoding = None
        self.underlying_builder.parser = None
        self.errors = [(where, what) for where, what, _ in parser.errors]


@lru_cache(maxsize=4)
def check_page(text: str) -> BeautifulSoup:
    """Parse a whole page and insist on what every page of the product promises.

    The parser is slow, and a test asks for the page that its client has just checked: it gets
    the same tree.
    """
    builder = ErrorsKept()
    page = BeautifulSoup(text, builder=builder)
    assert not builder.errors, f"not well-formed: {builder.errors[:3]}"
    headings = page.select("h1:not([aria-level])")  # a text may have more, marked as what they are
    assert len(headings) == 1, f"{len(headings)} h1"
    title, heading = words(page.title), words(headings[0])
    assert heading, "an empty h1"
    due = page.select_one("main [data-title]")  # what is due comes first, then the heading
    first = f"{due['data-title']} · {heading}" if due else heading
    assert title.startswith(" ".join(first.split())), f"title “{title}”, h1 “{first}”"
    assert page.html is not None
    assert page.html.get("lang")
    check_names(page)
    check_policy(page)
    return page


SOUND = set[int]()
"""What pages were like that this process has checked."""


def insist(text: str) -> None:
    """As `check_page`, but a page like one that was checked is not parsed again."""
    like = likeness(text)
    if like is None or like not in SOUND:
        check_page(text)
        if like is not None:
            SOUND.add(like)


def check_names(page: BeautifulSoup) -> None:
    """No id twice; whatever can be used has a name; what is referred to is there."""
    tags = page.find_all(True)
    ids = [str(tag["id"]) for tag in tags if tag.has_attr("id")]
    assert len(ids) == len(set(ids)), f"an id twice: {sorted(ids)}"
    labelled = {tag.get("for") for tag in tags if tag.name == "label"}
    for tag in tags:
        check_name(tag, labelled)
        for name in str(tag.get("aria-describedby", "")).split():
            assert name in ids, f"{name} describes and is not there"


def check_name(tag: Tag, labelled: set[Any]) -> None:
    if tag.name in {"input", "select", "textarea"}:
        hidden = tag.get("type") in {"hidden", "submit"} or tag.find_parent("label")
        named = tag.get("aria-label") or tag.get("id", "?") in labelled
        assert hidden or named, f"no label: {tag}"
    elif tag.name in {"a", "button"} and not tag.has_attr("hidden"):
        assert words(tag) or tag.get("aria-label"), f"no name: {tag}"
    elif tag.name == "img":
        assert tag.has_attr("alt"), f"no alt: {tag}"


def check_policy(page: BeautifulSoup) -> None:
    """Nothing that the content security policy would stop."""
    for tag in page.find_all(True):
        assert tag.name != "style"
        assert "style" not in tag.attrs, f"a style: {tag}"
        assert tag.name != "script" or tag.get("src")
        handlers = [name for name in tag.attrs if name.startswith("on")]
        assert not handlers, f"inline code: {tag.name} {handlers}"


def words(tag: Any) -> str:
    return " ".join(tag.get_text().split()) if tag else ""


class PageClient(FlaskClient):
    """Checks each HTML page it fetches; `page(address)` gives it parsed."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        kwargs.setdefault("buffered", True)  # else a static file stays open
        response = super().open(*args, **kwargs)
        if response.mimetype == "text/html" and response.text.startswith("<!doctype"):
            insist(response.text)
        return response

    def page(self, address: str, *, status: int = 200) -> BeautifulSoup:
        response = self.get(address)
        assert response.status_code == status, response.text[:500]
        return check_page(response.text)
