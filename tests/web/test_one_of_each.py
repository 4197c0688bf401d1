"""On each page there is: one sheet, one script, and htmx only where the page asks for fragments;
help that belongs to it; words that the glossary allows; cells that a phone can name."""

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag
from flask import Flask
from flask.testing import FlaskClient

from portal.core.configuration.settings import Settings
from tests.house.test_words import ruled_out
from tests.support.every_page import Shown, every_page, one_of_everything, with_shipped_files
from tests.support.nothing import require_none

#: What people wrote, or a file holds: shown as it is. The title begins with the h1.
WRITTEN = "head title, [data-document], pre, code, textarea, .document, .guides, .operation-output"
READ_OUT = ("aria-label", "title", "placeholder", "alt")
RULED_OUT = {
    word: re.compile(
        rf"\b{re.escape(word)}\b".replace("’", "[’']"), 0 if word[0].isupper() else re.IGNORECASE
    )
    for word in ruled_out()
}
#: Of colours, in the pictures of the demo's studios.
PICTURES = "main img, main .gallery a"


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    return with_shipped_files(settings, tmp_path)


def test_every_page_has_one_of_each(app: Flask, client: FlaskClient):
    app.config["PROPAGATE_EXCEPTIONS"] = False
    ana = one_of_everything()
    wrong: dict[str, list[str]] = defaultdict(list)
    rules, files = set(), set()
    for shown in every_page(app, client, ana):
        if 'class="skip"' not in shown.text:  # a message, to be framed: it loads nothing
            if "<main" not in shown.text:
                loads = {"<script", "<link"} & set(re.findall(r"<\w+", shown.text))
                wrong[shown.address] += loads if shown.status == 200 else ()
            continue
        page = shown.page
        files |= {str(tag.get("href") or tag["src"]) for tag in loaded(page)}
        wrong[shown.address] += [
            *faults_of_loading(page, shown.rule),
            *faults_of_help(page, shown),
            *faults_of_words(page),
            *faults_of_cells(page),
        ]
        rules |= {shown.rule} if shown.status == 200 else set()
    require_none(
        [f"{address}: {each}" for address, found in wrong.items() for each in found],
        "What is wrong with pages over one of everything",
    )
    assert len(rules) > 55, len(rules)
    for address in files:
        assert "immutable" in client.get(address).headers["Cache-Control"], address


def loaded(page: BeautifulSoup) -> list[Tag]:
    return page.select("link[rel=stylesheet], script[src]")


def faults_of_loading(page: BeautifulSoup, rule: str) -> Iterator[str]:
    sheets = page.select("link[rel=stylesheet]")
    scripts = [str(tag["src"]) for tag in page.select("script")]
    own = [each for each in scripts if "/htmx." not in each]
    asks = bool(page.select("[hx-get], [hx-post]"))
    bare = rule.startswith("/status")  # works without scripts
    if (len(sheets), len(own), len(scripts) - len(own)) != (1, 0 if bare else 1, asks):
        yield f"loads other than one sheet and one script of its bundle: {sheets} {scripts}"


def faults_of_help(page: BeautifulSoup, shown: Shown) -> Iterator[str]:
    """A page of the control room that answers, and its own section of a guide."""
    is_room = page.select_one("nav[aria-label='Control room']")
    if not is_room or shown.status != 200 or shown.rule.startswith("/ops/help"):
        return
    link = page.select_one("header a.help-link")
    if link is None or "/ops/help/" not in str(link["href"]):
        yield f"no help: add “{shown.rule}”’s endpoint to SECTIONS of portal/help/sections.py"


def faults_of_words(page: BeautifulSoup) -> Iterator[str]:
    """Of what is read out, and the text of the page itself."""
    for each in page.select(f"{WRITTEN}, {PICTURES}"):
        each.decompose()
    texts = [page.get_text(" ")]
    texts += [str(tag[name]) for name in READ_OUT for tag in page.select(f"[{name}]")]
    for word, pattern in RULED_OUT.items():
        for found in pattern.finditer("\n".join(texts)):
            around = found.string[max(0, found.start() - 30) : found.end() + 30]
            yield f"“{word}”, which docs/glossary.md rules out: {' '.join(around.split())}"


def faults_of_cells(page: BeautifulSoup) -> Iterator[str]:
    """Each cell of a list has its column's heading; no table is without its component."""
    for table in page.select("main table"):
        if table.find_parent(class_="diff") or table.find_parent(class_="document"):
            continue
        if not table.find_parent(class_="table-wrap"):
            yield f"a table without its component, ui.data_table: {str(table)[:80]}"
        for cell in table.select("tbody td:not([colspan], [data-label])"):
            yield f"a cell without a heading: give ui.data_table a column for it: {str(cell)[:80]}"
