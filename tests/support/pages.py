"""A client that reads every page it is given as a strict reader would."""

from typing import Any

import html5lib
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from werkzeug.test import TestResponse


def check_page(text: str) -> BeautifulSoup:
    """Parse a whole page and insist on what every page of the product promises."""
    parser = html5lib.HTMLParser(strict=False)
    parser.parse(text)
    errors = [(where, what) for where, what, _ in parser.errors]
    assert not errors, f"not well-formed: {errors[:3]}"
    page = BeautifulSoup(text, "html5lib")
    headings = page.select("h1:not([aria-level])")  # a text may have more, marked as what they are
    assert len(headings) == 1, f"{len(headings)} h1"
    title, heading = words(page.title), words(headings[0])
    assert heading, "an empty h1"
    assert title.startswith(heading), f"title “{title}”, h1 “{heading}”"
    assert page.html is not None
    assert page.html.get("lang")
    check_names(page)
    check_policy(page)
    return page


def check_names(page: BeautifulSoup) -> None:
    """No id twice; whatever can be used has a name; what is referred to is there."""
    ids = [str(tag["id"]) for tag in page.find_all(id=True)]
    assert len(ids) == len(set(ids)), f"an id twice: {sorted(ids)}"
    for tag in page.find_all(["input", "select", "textarea"]):
        hidden = tag.get("type") in {"hidden", "submit"} or tag.find_parent("label")
        named = tag.get("aria-label") or page.find("label", attrs={"for": tag.get("id") or "?"})
        assert hidden or named, f"no label: {tag}"
    for tag in page.find_all(["a", "button"]):
        if not tag.has_attr("hidden"):
            assert words(tag) or tag.get("aria-label"), f"no name: {tag}"
    for tag in page.find_all(attrs={"aria-describedby": True}):
        for name in str(tag["aria-describedby"]).split():
            assert name in ids, f"{name} describes and is not there"
    for tag in page.find_all("img"):
        assert tag.has_attr("alt"), f"no alt: {tag}"


def check_policy(page: BeautifulSoup) -> None:
    """Nothing that the content security policy would stop."""
    assert not page.find_all("style")
    assert not page.find_all(style=True)
    assert all(script.get("src") for script in page.find_all("script"))
    for tag in page.find_all(True):
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
            check_page(response.text)
        return response

    def page(self, address: str, *, status: int = 200) -> BeautifulSoup:
        response = self.get(address)
        assert response.status_code == status, response.text[:500]
        return check_page(response.text)
