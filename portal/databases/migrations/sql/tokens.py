"""Splits SQL text into words: statements as the engine splits them, strings and comments kept."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import dropwhile
from typing import ClassVar

from sqlglot import Dialect
from sqlglot.dialects.postgres import Postgres
from sqlglot.dialects.sqlite import SQLite
from sqlglot.tokenizer_core import Token, TokenType

from portal.databases.migrations.sql.form import Table

STRINGS = frozenset(
    {
        *(TokenType.STRING, TokenType.HEREDOC_STRING, TokenType.BYTE_STRING),
        *(TokenType.UNICODE_STRING, TokenType.NATIONAL_STRING, TokenType.RAW_STRING),
        *(TokenType.BIT_STRING, TokenType.HEX_STRING),
    }
)
SURROGATES = re.compile("[\ud800-\udfff]")
BYTE_ORDER_MARK = "\ufeff"
BEFORE_BODY = frozenset({"CREATE", "OR", "REPLACE", "TEMP", "TEMPORARY"})
"""What precedes the kind of object that has a body with semicolons."""


class PortalPostgresql(Postgres):
    """Function names stay as they were written, and no statement becomes an opaque command."""

    NORMALIZE_FUNCTIONS = False

    class Tokenizer(Postgres.Tokenizer):
        COMMANDS: ClassVar[set[TokenType]] = set()


class PortalSqlite(SQLite):
    NORMALIZE_FUNCTIONS = False

    class Tokenizer(SQLite.Tokenizer):
        COMMANDS: ClassVar[set[TokenType]] = set()


@cache
def dialect_of(name: str) -> Dialect:
    return PortalSqlite() if name == "sqlite" else PortalPostgresql()


@dataclass(frozen=True)
class SqlWord:
    """`word`: in capitals, and empty for what is quoted, a string or a number."""

    text: str
    word: str
    kind: TokenType


@dataclass(frozen=True)
class Part:
    """One statement: its tokens and the text that contains them."""

    tokens: tuple[Token, ...]
    sql: str
    dialect: str

    @property
    def text(self) -> str:
        return self.sql[self.tokens[0].start : self.tokens[-1].end + 1]

    def after(self, number: int) -> "Part":
        """Without its first tokens."""
        return Part(self.tokens[number:], self.sql, self.dialect)

    def words(self) -> list[SqlWord]:
        return [word for token in self.tokens for word in _words(token)]


def parts_of(sql: str, dialect: str) -> Iterator[Part]:
    """Each statement of a text. Raises sqlglot's TokenError."""
    sql = SURROGATES.sub("?", sql.removeprefix(BYTE_ORDER_MARK))
    found: list[Token] = []
    for token in dialect_of(dialect).tokenize(sql):
        if token.token_type is TokenType.SEMICOLON and not _is_inside(found, dialect):
            if found:
                yield Part(tuple(found), sql, dialect)
            found = []
        else:
            found.append(token)
    if found:
        yield Part(tuple(found), sql, dialect)


def _words(token: Token) -> list[SqlWord]:
    kind = token.token_type
    if kind in STRINGS or kind in {TokenType.IDENTIFIER, TokenType.NUMBER}:
        return [SqlWord(token.text, "", kind)]
    return [SqlWord(each, each.upper(), kind) for each in token.text.split()]


def _is_inside(tokens: list[Token], dialect: str) -> bool:
    """Whether a semicolon here is part of a body: a trigger's, or a function's of PostgreSQL."""
    words = [word.word for token in tokens[:6] for word in _words(token)]
    kinds = list(dropwhile(BEFORE_BODY.__contains__, words))[:1]
    if words[:1] != ["CREATE"] or not kinds:
        return False
    if dialect == "sqlite":
        ends = tokens[-1].text.upper() == "END" and tokens[-2].token_type is TokenType.SEMICOLON
        return kinds == ["TRIGGER"] and not ends
    return kinds[0] in {"FUNCTION", "PROCEDURE"} and _open_blocks(tokens) > 0


def _open_blocks(tokens: list[Token]) -> int:
    """The number of BEGIN ATOMIC … END blocks that are still open."""
    depth, before = 0, ""
    for token in tokens:
        word = "" if token.token_type is TokenType.IDENTIFIER else token.text.upper()
        if (before, word) == ("BEGIN", "ATOMIC") or (depth and word == "CASE"):
            depth += 1
        elif depth and word == "END":
            depth -= 1
        before = word
    return depth


class Reader:
    """Reads the words of a statement one after the other."""

    def __init__(self, words: list[SqlWord], dialect: str) -> None:
        self._words, self._dialect, self._at = words, dialect, 0

    @property
    def word(self) -> str:
        return self._words[self._at].word if self._at < len(self._words) else ""

    @property
    def is_at_end(self) -> bool:
        return self._at >= len(self._words)

    def rest(self) -> list[SqlWord]:
        return self._words[self._at :]

    def sees(self, *words: str) -> bool:
        return [each.word for each in self._words[self._at : self._at + len(words)]] == list(words)

    def take(self, *words: str) -> bool:
        """Skip these words, if they come next."""
        if found := self.sees(*words):
            self._at += len(words)
        return found

    def take_any(self, *words: str) -> str:
        """Skip one of these words and return it; empty if none comes next."""
        word = self.word
        if word and word in words:
            self._at += 1
            return word
        return ""

    def step(self) -> None:
        self._at += 1

    def name(self) -> str:
        """One name, as the engine folds it; empty if none comes next."""
        if self.is_at_end:
            return ""
        word = self._words[self._at]
        is_quoted = word.kind is TokenType.IDENTIFIER or (
            word.kind is TokenType.STRING and self._dialect == "sqlite"
        )
        if not is_quoted and not _is_word(word):
            return ""
        self._at += 1
        return word.text if is_quoted else word.text.lower()

    def table(self) -> Table:
        """A name with its schema. Its last two parts: the database's own name adds nothing."""
        parts = [self.name()]
        while self.take("."):
            parts.append(self.name())
        self.take("*")
        return Table(parts[-1], parts[-2] if len(parts) > 1 else None)

    def tables(self) -> list[Table]:
        found = [self.table()]
        while self.take(","):
            self.take("ONLY")
            found.append(self.table())
        return found


def _is_word(word: SqlWord) -> bool:
    return bool(word.word) and (word.word[0].isalpha() or word.word[0] in "_$")
