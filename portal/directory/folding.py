"""Words for display and comparison: without control characters, case and accents."""

import re
import unicodedata
from typing import Any

from sqlalchemy import Engine, String, event
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

PLANES = range(0x10000, 0x110000, 0x10000)
# The blocks of combining marks. A regular expression, since a search folds megabytes.
ACCENTS = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]")

# Control characters, bidirectional marks, surrogates and noncharacters: HTML cannot represent most
# of these.
UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in PLANES)
    + "]"
)
BLANKS = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
"""Letters, marks and symbols without a shape."""


def one_line(text: str | None) -> str:
    """A name, a place or a search term: printable, with single spaces."""
    return " ".join(UNPRINTABLE.sub(" ", text or "").split())


def visible(text: str) -> str:
    """The text, or nothing if all of its characters are ones that nobody sees."""
    return "" if all(_is_unseen(each) for each in text) else text


def _is_unseen(character: str) -> bool:
    return character in BLANKS or unicodedata.category(character)[0] in "CZ"


def fold(text: str | None) -> str:
    """Case and accents removed: “Zürich” and “zurich” give the same. NUL, which PostgreSQL refuses,
    is removed."""
    plain = (text or "").casefold()
    if not plain.isascii():
        plain = ACCENTS.sub("", unicodedata.normalize("NFKD", plain)).casefold()
    return plain.replace("\0", "")


class folded(FunctionElement[str]):  # noqa: N801 - used like an SQL function
    """`fold` as an SQL function on a column."""

    type = String()
    inherit_cache = True


@compiles(folded, "sqlite")
def _on_sqlite(element: folded, compiler: SQLCompiler, **how: Any) -> str:
    return f"portal_fold({compiler.process(element.clauses, **how)})"


@compiles(folded, "postgresql")
def _on_postgresql(element: folded, compiler: SQLCompiler, **how: Any) -> str:
    text = f"normalize(lower({compiler.process(element.clauses, **how)}), NFKD)"
    return rf"regexp_replace({text}, E'[\u0300-\u036f]', '', 'g')"


def give_fold(engine: Engine) -> None:
    """Register the function on each SQLite connection, since SQLite folds only ASCII."""
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: object) -> None:
        connection.create_function("portal_fold", 1, fold, deterministic=True)
