"""One word for one thing: the words that docs/glossary.md rules out stand on no new page."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache

import pytest

from tests.house.tree import ROOT, tracked

GLOSSARY = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
QUOTED = re.compile(r"\"([^\"{}]*)\"|'([^'{}]*)'")
CODE = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
TAG = re.compile(r"<[^>]*>", re.DOTALL)
SHOWN = re.compile(r"(?:title|aria-label|placeholder|alt)=\"([^\"]*)\"")

#: How often a word is still used. A number goes down with each one that goes, and never up.
STILL_USED = {
    "proven": 29,
    "prove": 2,
    "Lately": 1,
    "way back": 16,
    "promises hold": 3,
    "What must hold": 3,
    "sealed": 11,
    "as registered": 1,
    "Nothing to mend": 1,
    "Days it holds": 1,
    "Holds until": 2,
    "Told to clients": 1,
    "Who read it": 1,
    "As seen by": 1,
    "View as": 1,
    "Look as": 1,
    "Announce it": 1,
    "It is gone": 1,
    "No way in": 1,
    "Mend": 21,
    "Look again": 3,
    "Answer of the studio": 1,
    "the worker is alive": 1,
    "the client’s door": 1,
    "layers": 2,
}


def ruled_out() -> list[str]:
    rows = GLOSSARY.split("## Not used on pages")[1].splitlines()
    cells = [row.split("|")[1].strip() for row in rows if row.startswith("| ")]
    return [word.strip() for cell in cells[1:] for word in cell.split(",")]


def in_template(text: str) -> Iterator[str]:
    """What may be shown: text, attributes that are read out, and sentences in its code."""
    for code in CODE.findall(text):
        if not code.startswith("{#"):
            yield from (one or other for one, other in QUOTED.findall(code))
    plain = CODE.sub(" ", text)
    yield from SHOWN.findall(plain)
    yield TAG.sub(" ", plain)


def in_code(tree: ast.AST) -> Iterator[str]:
    """Sentences: texts with a blank, that document nothing."""
    documents = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and " " in text and id(node) not in documents:
            yield text


@cache
def shown() -> list[str]:
    templates = [path.read_text(encoding="utf-8") for path in tracked("portal/*.html")]
    modules = [ast.parse(path.read_text(encoding="utf-8")) for path in tracked("portal/*.py")]
    found = [piece for text in templates for piece in in_template(text)]
    return found + [sentence for tree in modules for sentence in in_code(tree)]


def uses(word: str) -> int:
    any_case = 0 if word[0].isupper() else re.IGNORECASE
    pattern = re.compile(rf"\b{re.escape(word)}\b".replace("’", "[’']"), any_case)
    return sum(len(pattern.findall(piece)) for piece in shown())


def test_no_word_that_is_ruled_out_comes_back():
    found = Counter({word: number for word in ruled_out() if (number := uses(word))})
    more = {word: number for word, number in found.items() if number > STILL_USED.get(word, 0)}
    assert more == {}


def test_exceptions_are_of_words_that_are_ruled_out():
    assert set(STILL_USED) <= set(ruled_out())


def test_a_term_is_defined_once():
    rows = GLOSSARY.split("## Not used on pages")[0].splitlines()
    terms = [row.split("|")[1].strip() for row in rows if row.startswith("| ")]
    terms = [term for term in terms if term != "term"]
    assert len(terms) > 40
    assert [term for term, number in Counter(terms).items() if number > 1] == []


@pytest.mark.parametrize(
    "text",
    [
        "<p>The backup is proven.</p>",
        '<button aria-label="proven">x</button>',
        '{{ ui.badge("proven today") }}',
    ],
)
def test_a_word_is_found_wherever_a_page_shows_it(text: str):
    assert any("proven" in piece for piece in in_template(text))


def test_code_and_comments_are_not_shown():
    text = "{# proven #}<p class='proven'>{{ backup.proven }}</p>"
    assert not any("proven" in piece for piece in in_template(text))
