"""Words as a reader sees and compares them: without control characters, case and accents."""

import re
import unicodedata
from typing import Any

from sqlalchemy import Engine, String, event
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

PLANES = range(0x10000, 0x110000, 0x10000)
# The blocks of combining marks; a search folds megabytes, so no loop over characters.
ACCENTS = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]")

# Control characters, marks that turn the direction of what stands around them, halves of
# characters and code points that are none: HTML has no way to write most of these.
UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in PLANES)
    + "]"
)


def one_line(text: str | None) -> str:
    """A name, a place, a searched word: printable, with single spaces."""
    return " ".join(UNPRINTABLE.sub(" ", text or "").split())


def fold(text: str | None) -> str:
    """“Zürich” and “zurich” give the same; NUL, which PostgreSQL refuses, goes."""
    plain = (text or "").casefold()
    if not plain.isascii():
        plain = ACCENTS.sub("", unicodedata.normalize("NFKD", plain)).casefold()
    return plain.replace("\0", "")


class folded(FunctionElement[str]):  # noqa: N801 - it stands where an SQL function would
    """`fold`, done by the database to a column."""

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
    """SQLite folds ASCII alone, so each of its connections is given the function."""
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: object) -> None:
        connection.create_function("portal_fold", 1, fold, deterministic=True)
