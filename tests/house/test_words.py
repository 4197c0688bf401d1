"""One word for one thing: no page uses a word that docs/glossary.md rules out, and no English of
the product one that an engineer of this field would not write.
"""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.house.tree import ROOT, parsed, tracked
from tests.support.nothing import require_none

GLOSSARY = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
QUOTED = re.compile(r"\"([^\"{}]*)\"|'([^'{}]*)'")
CODE = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
TAG = re.compile(r"<[^>]*>", re.DOTALL)
COMMENT = re.compile(r"#.*")
"""Also what follows such a sign in a text, which is read anyway."""
SHOWN = re.compile(r"(?:title|aria-label|placeholder|alt)=\"([^\"]*)\"")

#: Ruled out on pages, and in use for something else.
STILL_USED = {
    "layers": 1  # of colours, in the pictures of the demo
}
UNUSUAL = (
    *(r"tell every harm", r"stands?(?!-)", r"stood", r"told", r"nobody", r"anew", r"whoever"),
    *(r"go(?:es)? along", r"to mend", r"made up", r"befits?", r"by itself", r"lies (?:in|on|at)"),
    *(r"cleaned cop(?:y|ies)", r"automatic returns?"),
)
SAMPLES = "portal/directory/demo/"
"""What demo studios say of themselves."""
PLAIN = "say what happens, to what, and by whom"
STILL_UNUSUAL = {"portal/directory/": 24}
"""How many such words a room may still have; a number only goes down."""


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


@cache
def shown_plainly() -> str:
    return shown().casefold().replace("’", "'")


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
def shown() -> str:
    """A line or more each; a term of two words is never one at the end of a text and one at the
    start of the next."""
    templates = [path.read_text(encoding="utf-8") for path in tracked("portal/*.html")]
    modules = [parsed(path) for path in tracked("portal/*.py")]
    found = [piece for text in templates for piece in in_template(text)]
    return "\n".join([*found, *(sentence for tree in modules for sentence in in_code(tree))])


def written(path: Path) -> Iterator[str]:
    """All English of a file: docstrings, comments, sentences, and what a template shows."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        yield CODE.sub(lambda code: code[0] if code[0].startswith("{#") else " ", text)
        return
    yield from COMMENT.findall(text)
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield node.value


def unusual_in(path: Path) -> list[str]:
    pattern = re.compile(rf"\b(?:{'|'.join(UNUSUAL)})\b", re.IGNORECASE)
    return pattern.findall("\n".join(written(path)))


def uses(word: str) -> int:
    if word.casefold().replace("’", "'") not in shown_plainly():  # most words: no pattern is tried
        return 0
    any_case = 0 if word[0].isupper() else re.IGNORECASE
    pattern = re.compile(rf"\b{re.escape(word)}\b".replace("’", "[’']"), any_case)
    return len(pattern.findall(shown()))


def test_no_word_that_is_ruled_out_comes_back():
    found = Counter({word: number for word in ruled_out() if (number := uses(word))})
    more = {word: number for word, number in found.items() if number > STILL_USED.get(word, 0)}
    require_none(more, "Ruled out: docs/glossary.md, “Not used on pages”, says what to write")


def test_docstrings_comments_and_sentences_are_in_plain_english():
    files = [*tracked("portal/*.py"), *tracked("portal/*.html")]
    names = {path: path.relative_to(ROOT).as_posix() for path in files}
    found = {
        name: words
        for path, name in names.items()
        if not name.startswith(SAMPLES) and (words := unusual_in(path))
    }
    for room, most in STILL_UNUSUAL.items():
        in_room = {name: words for name, words in found.items() if name.startswith(room)}
        if sum(map(len, in_room.values())) > most:
            require_none(in_room, f"More than {most} words that are not plain in {room}: {PLAIN}")
    rooms = tuple(STILL_UNUSUAL)
    require_none(
        {name: words for name, words in found.items() if not name.startswith(rooms)},
        f"Words that are not plain: {PLAIN}",
    )


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.py", '"""What stands there."""\nsaid = "It was told."  # by whoever\n', 3),
        ("a.py", 'x = f"made anew {told}"\nstands = "a stand-in"\n', 1),
        ("a.html", "{# nobody #}<p>It lies in {{ told }}</p>", 2),
    ],
)
def test_an_unusual_word_is_found_wherever_it_is_written(tmp_path, name, text, words):
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    assert len(unusual_in(file)) == words


def test_exceptions_are_of_words_that_are_ruled_out():
    assert set(STILL_USED) <= set(ruled_out())


def test_a_term_is_defined_once():
    rows = GLOSSARY.split("## Not used on pages")[0].splitlines()
    terms = [row.split("|")[1].strip() for row in rows if row.startswith("| ")]
    terms = [term for term in terms if term != "term"]
    assert len(terms) > 40
    require_none(
        [term for term, number in Counter(terms).items() if number > 1],
        "docs/glossary.md: one row for a term",
    )


def test_which_studios_are_listed_is_said_in_one_place():
    """`is_listed` and what stands beside it in portal/directory."""
    rule = re.compile(r"(?:==|is) StudioStatus\.ACTIVE\b.*is_profile_visible|status = 'active'")
    homes = {"portal/directory/models.py", "portal/directory/visibility.py"}
    names = {path: path.relative_to(ROOT).as_posix() for path in tracked("portal/*.py")}
    require_none(
        [n for path, n in names.items() if n not in homes and rule.search(path.read_text("utf-8"))],
        "Take is_listed() or LISTED_SQL of portal/directory/visibility.py, or is_listed_row()",
    )


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
