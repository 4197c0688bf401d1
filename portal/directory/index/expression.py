"""Full text expressions, in the syntax of both engines."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Union

from portal.directory.words import Term

Expression = Union["Token", "All", "Any", "But"]


@dataclass(frozen=True)
class Token:
    text: str
    is_prefix: bool = False


@dataclass(frozen=True)
class All:
    of: tuple[Expression, ...]


@dataclass(frozen=True)
class Any:
    of: tuple[Expression, ...]


@dataclass(frozen=True)
class But:
    """The first, without the second (AND NOT)."""

    these: Expression
    those: Expression


def token_of(term: str, kind: str = "") -> str:
    """A term as one word of ASCII letters, digits and underscores, prefixed with its kind.

    Independent of the engines' tokenizers: all but a to z and digits are encoded as numbers.
    """
    plain = term if term.isascii() else "".join(map(_plain, term))
    return f"{kind}={plain}" if kind else plain


def token(term: Term, kind: str = "") -> Token:
    return Token(token_of(term.text, kind), term.is_prefix)


def all_of(given: Iterable[Expression]) -> Expression:
    return _one(All, tuple(given))


def any_of(given: Iterable[Expression]) -> Expression:
    return _one(Any, tuple(dict.fromkeys(given)))


def on_sqlite(given: Expression) -> str:
    """As FTS5's MATCH syntax."""
    return _written(given, ('"', '"', " *"), (" AND ", " OR ", " NOT "))


def on_postgresql(given: Expression) -> str:
    """As tsquery text."""
    return _written(given, ("'", "'", ":*"), (" & ", " | ", " & !"))


def _one(kind: type[All] | type[Any], given: tuple[Expression, ...]) -> Expression:
    return given[0] if len(given) == 1 else kind(given)


def _written(given: Expression, quotes: tuple[str, ...], words: tuple[str, ...]) -> str:
    if isinstance(given, Token):
        before, after, begun = quotes
        return f"{before}{given.text}{after}{begun if given.is_prefix else ''}"
    parts: tuple[Expression, ...]
    if isinstance(given, But):
        parts, word = (given.these, given.those), words[2]
    else:
        parts, word = given.of, words[0] if isinstance(given, All) else words[1]
    return f"({word.join(_written(part, quotes, words) for part in parts)})"


def _plain(letter: str) -> str:
    return letter if letter.isascii() else f"_{ord(letter):x}_"
