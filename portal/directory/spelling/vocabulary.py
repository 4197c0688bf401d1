"""The directory's words in two tables, and the keys to find them by.

Both engines give the same result: keys are computed here, and limits apply to a bytewise order.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Integer,
    MetaData,
    Select,
    String,
    Table,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    union_all,
)

from portal.directory.spelling.keys import keys_of, keys_to_look_for
from portal.directory.words.plurals import singular

LONGEST = 60
AT_ONCE = 500
# The most words that are compared letter by letter with an unknown one.
MOST_CANDIDATES = 200
LAST = "\U0010ffff"
Query = Select[*tuple[Any, ...]]


@dataclass(frozen=True)
class Known:
    """A word of the directory, and the number of studios that have it."""

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


@dataclass
class Answers:
    """Prefetched results, by query: `known` is by singular, with None for unknown words."""

    known: dict[str, int] = field(default_factory=dict)
    looked_for: set[str] = field(default_factory=set)
    beginnings: dict[str, bool] = field(default_factory=dict)
    candidates: dict[str, list[Known]] = field(default_factory=dict)

    def counts(self) -> dict[str, int]:
        """The number of studios for each word found."""
        near = {each.word: each.studios for found in self.candidates.values() for each in found}
        by_singular = {singular(word): studios for word, studios in near.items()}
        return {**by_singular, **near, **self.known}


@dataclass(frozen=True)
class Vocabulary:
    """Queries on the tables: one statement each, or one for everything passed to `look_up`."""

    tables: WordTables
    connection: Connection
    answers: Answers = field(default_factory=Answers, compare=False)

    def look_up(
        self, words: Collection[str], beginnings: Collection[str], typed: Collection[str]
    ) -> None:
        """Prefetch for the other methods, in one statement."""
        singulars, answers = {singular(word) for word in words}, self.answers
        parts = [
            _labelled("known", None, self._known(singulars)),
            *(_labelled("begins", each, self._beginning(each)) for each in sorted(beginnings)),
            *(
                _labelled("near", each, query)
                for each in sorted(typed)
                if (query := self._candidates(each)) is not None
            ),
        ]
        answers.looked_for |= singulars
        answers.beginnings |= dict.fromkeys(beginnings, False)
        answers.candidates |= {each: [] for each in typed}
        for kind, asked, word, studios in self.connection.execute(union_all(*parts)):
            if kind == "known":
                answers.known[word] = studios
            elif kind == "begins":
                answers.beginnings[asked] = True
            else:
                answers.candidates[asked].append(Known(word, studios))

    def write(self, words: Iterable[tuple[str, int]]) -> None:
        """Replace the tables' content. `words` are each word once, with its number of studios."""
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
        """The words that are in the directory, as they are or in another number of the same noun,
        with their number of studios."""
        answers, singulars = self.answers, {singular(word) for word in words}
        counts = answers.known
        if not singulars <= answers.looked_for:
            counts = {row[0]: row[1] for row in self.connection.execute(self._known(singulars))}
        return {word: counts[singular(word)] for word in words if singular(word) in counts}

    def has_beginning(self, start: str) -> bool:
        if start in self.answers.beginnings:
            return self.answers.beginnings[start]
        return self.connection.execute(self._beginning(start)).first() is not None

    def candidates(self, typed: str) -> list[Known]:
        """Words that share keys with it or with its singular, most shared keys first."""
        if typed in self.answers.candidates:
            return self.answers.candidates[typed]
        query = self._candidates(typed)
        found = () if query is None else self.connection.execute(query).all()
        return [Known(row[0], row[1]) for row in found]

    def _known(self, singulars: Collection[str]) -> Query:
        table = self.tables.words
        return (
            select(table.c.singular, func.max(table.c.studios))
            .where(table.c.singular.in_(sorted(singulars)))
            .group_by(table.c.singular)
        )

    def _beginning(self, start: str) -> Query:
        word, studios = self.tables.words.c.word, self.tables.words.c.studios
        return select(word, studios).where(word >= start, word < start + LAST).limit(1)

    def _candidates(self, typed: str) -> Query | None:
        keys = keys_to_look_for(typed) | keys_to_look_for(singular(typed))
        if not keys:
            return None
        words, on = self.tables.words, self.tables.keys
        return (
            select(words.c.word, words.c.studios)
            .join(on, on.c.word_id == words.c.id)
            .where(on.c.key.in_(sorted(keys)))
            .group_by(words.c.word, words.c.studios)
            .order_by(
                _is_near(on).desc(), func.count().desc(), words.c.studios.desc(), words.c.word
            )
            .limit(MOST_CANDIDATES)
        )


def _labelled(kind: str, asked: str | None, query: Query) -> Query:
    found = query.subquery()
    return select(literal(kind), literal(asked, String), *found.c)


def _is_near(keys: Table) -> Any:
    """A key that is no run of three: a single error, ranked before two errors."""
    return func.max(or_(keys.c.key.not_like("%:%")).cast(Integer))


def _row(number: int, word: str, studios: int) -> dict[str, Any]:
    return {"id": number, "word": word, "singular": singular(word), "studios": studios}
