"""The directory's own words in two tables, and the keys that they are found by.

Both engines answer the same: the keys are made here, and what is cut off is sorted bytewise.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Integer,
    MetaData,
    String,
    Table,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
)

from portal.directory.spelling.keys import keys_of, keys_to_look_for
from portal.directory.words.plurals import singular

LONGEST = 60
AT_ONCE = 500
# Words that are compared letter by letter for one that nobody wrote.
MOST_CANDIDATES = 200
LAST = "\U0010ffff"


@dataclass(frozen=True)
class Known:
    """A word of the directory, and how many studios have it."""

    word: str
    studios: int


@dataclass(frozen=True)
class WordTables:
    words: Table
    keys: Table

    @classmethod
    def of(cls, metadata: MetaData) -> "WordTables":
        text = String(LONGEST).with_variant(String(LONGEST, collation="C"), "postgresql")
        return cls(
            Table(
                "search_words",
                metadata,
                Column("id", Integer, primary_key=True, autoincrement=False),
                Column("word", text, nullable=False, unique=True),
                Column("singular", text, nullable=False, index=True),
                Column("studios", Integer, nullable=False),
            ),
            Table(
                "search_word_keys",
                metadata,
                Column("key", text, primary_key=True),
                Column("word_id", Integer, primary_key=True, autoincrement=False),
                sqlite_with_rowid=False,
            ),
        )


@dataclass(frozen=True)
class Vocabulary:
    """Questions to the tables, a statement each."""

    tables: WordTables
    connection: Connection

    def write(self, words: Iterable[tuple[str, int]]) -> None:
        """In place of what stands there. `words` are each word once, with its number of studios."""
        self.connection.execute(delete(self.tables.keys))
        self.connection.execute(delete(self.tables.words))
        numbered = enumerate(words, start=1)
        while some := list(islice(numbered, AT_ONCE)):
            rows = [_row(number, *known) for number, known in some]
            keys = [
                {"key": key, "word_id": number}
                for number, (word, _) in some
                for key in sorted(keys_of(word) | keys_of(singular(word)))
            ]
            self.connection.execute(insert(self.tables.words), rows)
            if keys:
                self.connection.execute(insert(self.tables.keys), keys)

    def known(self, words: Collection[str]) -> dict[str, int]:
        """Those of the words that stand in the directory, as they are or as another number of the
        same noun, with how many studios have them."""
        if not words:
            return {}
        table, by_singular = self.tables.words, {singular(word): word for word in words}
        found = self.connection.execute(
            select(table.c.singular, func.max(table.c.studios))
            .where(table.c.singular.in_(by_singular))
            .group_by(table.c.singular)
        )
        counts = {row[0]: row[1] for row in found}
        return {word: counts[singular(word)] for word in words if singular(word) in counts}

    def has_beginning(self, start: str) -> bool:
        word = self.tables.words.c.word
        return bool(
            self.connection.scalar(select(exists().where(word >= start, word < start + LAST)))
        )

    def candidates(self, typed: str) -> list[Known]:
        """Words that share keys with it or with its singular, those with most in common first."""
        keys = keys_to_look_for(typed) | keys_to_look_for(singular(typed))
        if not keys:
            return []
        words, on = self.tables.words, self.tables.keys
        found = self.connection.execute(
            select(words.c.word, words.c.studios)
            .join(on, on.c.word_id == words.c.id)
            .where(on.c.key.in_(sorted(keys)))
            .group_by(words.c.word, words.c.studios)
            .order_by(
                _is_near(on).desc(), func.count().desc(), words.c.studios.desc(), words.c.word
            )
            .limit(MOST_CANDIDATES)
        )
        return [Known(row[0], row[1]) for row in found]


def _is_near(keys: Table) -> Any:
    """A key that is no run of three: one error, which comes before those with two."""
    return func.max(or_(keys.c.key.not_like("%:%")).cast(Integer))


def _row(number: int, word: str, studios: int) -> dict[str, Any]:
    return {"id": number, "word": word, "singular": singular(word), "studios": studios}
