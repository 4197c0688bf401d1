"""Rendered text as a part of a page: one h1, a label for each checkbox, keys to its images."""

import re
from dataclasses import dataclass
from functools import lru_cache

from markupsafe import Markup

from portal.documents.images.access import with_keys

#: Maximum length in characters of a text whose embedded form is cached.
LARGEST_KEPT = 200_000
_TAG = re.compile(r'<(/?)([a-z][a-z0-9]*)((?:\s+[a-z-]+="[^"]*")*)\s*>')
_ID = re.compile(r'\s+id="[^"]*"')
_CHECKED = re.compile(r"\schecked\b")
_HEADING = re.compile(r"h[1-6]")


@dataclass(frozen=True)
class MainText:
    """The main text of a page. `title` is the h1 that it begins with, if any: the page then has no
    other.
    """

    html: Markup
    title: str | None


def main_of_a_page(html: Markup) -> MainText:
    """The HTML for a main text. A page has one h1; any further h1 of the author keeps its tag and
    is marked as level 2 for assistive technology.
    """
    make = _main if len(html) <= LARGEST_KEPT else _main.__wrapped__
    shown, title = make(str(html))
    return MainText(with_keys(shown), title)


@lru_cache(maxsize=64)
def _main(html: str) -> tuple[Markup, str | None]:
    headings = [tag for tag in _TAG.finditer(html) if not tag[1] and _HEADING.fullmatch(tag[2])]
    first = headings[0] if headings and headings[0][2] == "h1" else None
    title = _words(html, first) if first else ""
    own = first.start() if first and title else -1
    marked = _TAG.sub(lambda tag: _named(tag) if tag.start() == own else _ranked(tag), html)
    return Markup(marked), title or None  # noqa: S704 (it was sanitised, and stays so)


def below_a_title(html: Markup) -> MainText:
    """As `main_of_a_page`, for a page that has its h1 above the text: the h1 that the text begins
    with is marked as level 2 like the others.
    """
    make = _below if len(html) <= LARGEST_KEPT else _below.__wrapped__
    shown, title = make(str(html))
    return MainText(with_keys(shown), title)


@lru_cache(maxsize=64)
def _below(html: str) -> tuple[Markup, str | None]:
    _, title = _main.__wrapped__(html)
    return Markup(_TAG.sub(_ranked, html)), title  # noqa: S704 (it was sanitised, and stays so)


def inside_a_page(html: Markup) -> Markup:
    """The HTML with each heading one level lower, without ids, which could clash with the page's,
    and with a label for each checkbox for screen readers.
    """
    return with_keys(fitted_inside(html))


def fitted_inside(html: Markup) -> Markup:
    """As `inside_a_page` without keys to the images, for processes without the secret."""
    return Markup(_TAG.sub(_fitted, str(html)))  # noqa: S704 (it was sanitised, and stays so)


def _words(html: str, heading: re.Match[str]) -> str:
    end = html.find(f"</{heading[2]}>", heading.end())
    return Markup(html[heading.end() : end]).striptags()  # noqa: S704 (nothing is shown of it)


def _ranked(tag: re.Match[str]) -> str:
    if tag[2] == "h1" and not tag[1]:
        return f'<h1{tag[3]} aria-level="2">'
    return _named(tag)


def _named(tag: re.Match[str]) -> str:
    if tag[2] != "input":
        return tag[0]
    word = "ticked" if _CHECKED.search(tag[3]) else "not ticked"
    return f'<input{tag[3]} aria-label="{word}">'


def _fitted(tag: re.Match[str]) -> str:
    name, attributes = tag[2], _ID.sub("", tag[3])
    if re.fullmatch(r"h[1-5]", name):
        return f"<{tag[1]}h{int(name[1]) + 1}{attributes}>"
    return _named(tag) if name == "input" else f"<{tag[1]}{name}{attributes}>"
