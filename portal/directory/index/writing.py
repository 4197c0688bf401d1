"""Write the index: a batch of studios, or what a change makes of some of them."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, text

from portal.databases.engines.derived import SEARCH_TEXT
from portal.directory.derived.registry import Among, Derived, register
from portal.directory.index.documents import KINDS, Document, is_counted
from portal.directory.index.expression import Token
from portal.directory.index.reading import (
    differing,
    documents,
    some_of,
    tokens_of,
    word_rows,
)
from portal.directory.index.sets.fetching import Wanted, fetch
from portal.directory.index.sets.rows import Changes, forget_sets, stamp
from portal.directory.index.sets.tokens import (
    COMMON_FROM,
    EVERYBODY,
    is_word,
    set_tokens,
    word_of,
)
from portal.directory.index.tables import (
    derived_search,
    derived_search_keys,
    derived_search_sets,
    derived_search_text,
    derived_search_words,
)
from portal.directory.spelling.keys import keys_of
from portal.directory.words.plurals import singular

LISTS_AT_ONCE = 50


@dataclass(frozen=True)
class Stored:
    """What stands in the index of a studio."""

    values: dict[str, Any]
    tokens: list[str]

    @property
    def rank(self) -> int:
        return int(self.values["rank"])


Before = Mapping[int, Stored]
After = Mapping[int, Document]
"""Both by the number of the studio."""


@dataclass(frozen=True)
class Counts:
    """Studios of each word, before a change and with it."""

    before: Mapping[str, int]
    net: Mapping[str, int]

    def is_common(self, word: str) -> bool:
        """Before and after."""
        before = self.before.get(word, 0)
        return min(before, before + self.net.get(word, 0)) >= COMMON_FROM

    def rising(self) -> set[str]:
        return {
            word
            for word, by in self.net.items()
            if is_word(word) and 0 <= self.before.get(word, 0) + by - COMMON_FROM < by
        }

    def falling(self) -> set[str]:
        return {
            word
            for word, by in self.net.items()
            if is_word(word) and 0 <= self.before.get(word, 0) - COMMON_FROM < -by
        }


def _put_in(connection: Connection, among: Among) -> None:
    _change(connection, among, {})


def _stored(connection: Connection, among: Among) -> dict[int, Stored]:
    table = derived_search
    found = connection.execute(select(table).where(among(table.c.studio_id))).mappings()
    rows = {row["rank"]: dict(row) for row in found}
    tokens = tokens_of(connection, list(rows)) if rows else {}
    return {row["studio_id"]: Stored(row, tokens.get(rank, [])) for rank, row in rows.items()}


def _change(connection: Connection, among: Among, before: Before) -> None:
    """Writes what differs from what stood there before: a change costs what it changes."""
    made = {each.values["studio_id"]: each for each in documents(connection, among)}
    if not (made or before):
        return
    _write_rows(connection, before, made)
    removed, added = _moved(before, made)
    more = {word for each in (*removed.by_token, *added.by_token) if (word := word_of(each))}
    counts = _count(connection, before, made, more)
    if removed.by_token or added.by_token:
        _write_sets(connection, removed, added, counts)


def _write_rows(connection: Connection, before: Before, made: After) -> None:
    texts = {n: each for n, each in before.items() if not _is_same_text(each, made.get(n))}
    rows = {n: each for n, each in before.items() if not _is_same_row(each, made.get(n))}
    rowid, rank = derived_search_text.c.rowid, derived_search.c.rank
    if texts:
        gone = [each.rank for each in texts.values()]
        connection.execute(delete(derived_search_text).where(rowid.in_(gone)))
    if rows:
        gone = [each.rank for each in rows.values()]
        connection.execute(delete(derived_search).where(rank.in_(gone)))
    if new := [each.values for n, each in made.items() if n in rows or n not in before]:
        connection.execute(insert(derived_search), new)
    if some := [each for n, each in made.items() if n in texts or n not in before]:
        connection.execute(
            INSERT_TEXT[connection.dialect.name],
            [{"rank": each.values["rank"], "terms": " ".join(each.tokens)} for each in some],
        )


def _is_same_row(stood: Stored, now: Document | None) -> bool:
    return now is not None and stood.values == now.values


def _is_same_text(stood: Stored, now: Document | None) -> bool:
    return (
        now is not None
        and stood.rank == now.values["rank"]
        and set(stood.tokens) == set(now.tokens)
    )


def _moved(before: Before, made: After) -> tuple[Changes, Changes]:
    """What each studio leaves and what it enters, of all that may have a set."""
    removed, added = Changes(), Changes()
    for number in {*before, *made}:
        stood, now = before.get(number), made.get(number)
        old = set(set_tokens(stood.rank, stood.tokens, _always)) if stood else set()
        new = set(set_tokens(now.values["rank"], now.tokens, _always)) if now else set()
        removed.note(number, old - new)
        added.note(number, new - old)
    return removed, added


def _always(_word: str) -> bool:
    return True


def _write_sets(connection: Connection, removed: Changes, added: Changes, counts: Counts) -> None:
    """A word that has become common gets its sets, with all studios that have it; one that is no
    longer common loses them."""
    stamp(connection)
    removed.only(counts.is_common).take_out(connection)
    added.only(counts.is_common).put_in(connection)
    lists = Changes()
    for some in some_of(sorted(counts.rising())):
        tokens = [f"{kind}{word}" for word in some for kind in ("", *(f"{k}=" for k in KINDS))]
        for few in some_of(tokens, LISTS_AT_ONCE):
            found = fetch(connection, Wanted(lists={each: Token(each) for each in few})).sets
            lists.by_token |= {token: ids for token, ids in found.items() if ids}
    lists.put_in(connection)
    if gone := counts.falling():
        every = [f"{kind}{word}" for word in gone for kind in ("", *(f"{k}=" for k in KINDS))]
        forget_sets(connection, every)


INSERT_TEXT = {
    "sqlite": text(f"INSERT INTO {SEARCH_TEXT} (rowid, terms) VALUES (:rank, :terms)"),  # noqa: S608
    "postgresql": text(
        f"INSERT INTO {SEARCH_TEXT} (rowid, terms)"  # noqa: S608
        " VALUES (:rank, array_to_tsvector(string_to_array(:terms, ' ')))"
    ),
}


def _count(connection: Connection, before: Before, made: After, more: set[str]) -> Counts:
    """Counts the words of these studios anew; `more` are others to know the numbers of."""
    gone = Counter(each for one in before.values() for each in one.tokens if is_counted(each))
    come = Counter(each for one in made.values() for each in one.terms)
    gone[EVERYBODY], come[EVERYBODY] = len(before), len(made)
    net = {word: by for word in {*gone, *come} if (by := come[word] - gone[word])}
    words = {word for each in made.values() for word in each.words}
    stood = {row.word: row for row in word_rows(connection, {*net, *words, *more})}
    _count_more(connection, {word: by for word, by in net.items() if by > 0}, words, stood)
    _count_less(connection, {word: -by for word, by in net.items() if by < 0}, stood)
    return Counts({word: row.studios for word, row in stood.items()}, net)


def _count_more(
    connection: Connection, counts: Mapping[str, int], words: set[str], stood: Mapping[str, Any]
) -> None:
    """A new word gets its spelling keys."""
    new = [word for word in sorted(counts) if word not in stood]
    numbers = {word: row.id for word, row in stood.items()}
    if new:
        last = connection.scalar(select(func.max(derived_search_words.c.id))) or 0
        numbers |= {word: last + at for at, word in enumerate(new, start=1)}
        connection.execute(
            insert(derived_search_words),
            [
                {
                    "id": numbers[word],
                    "word": word,
                    "singular": singular(word),
                    "studios": counts[word],
                    "is_word": word in words,
                }
                for word in new
            ],
        )
    _add(connection, {numbers[word]: by for word, by in counts.items() if word in stood})
    added = [word for word in sorted(words) if word not in stood or not stood[word].is_word]
    late, table = [numbers[word] for word in added if word in stood], derived_search_words
    for some in some_of(late):
        connection.execute(table.update().where(table.c.id.in_(some)).values(is_word=True))
    keys = [{"key": key, "word_id": numbers[w]} for w in added for key in sorted(keys_of(w))]
    if keys:
        connection.execute(insert(derived_search_keys), keys)


def _count_less(
    connection: Connection, counts: Mapping[str, int], stood: Mapping[str, Any]
) -> None:
    """A word that no studio has any more is deleted with its keys."""
    there = [stood[word] for word in counts if word in stood]
    gone = {row.id for row in there if row.studios <= counts[row.word] and row.word != EVERYBODY}
    for some in some_of(sorted(gone)):
        keys, words = derived_search_keys, derived_search_words
        connection.execute(delete(keys).where(keys.c.word_id.in_(some)))
        connection.execute(delete(words).where(words.c.id.in_(some)))
    _add(connection, {row.id: -counts[row.word] for row in there if row.id not in gone})


def _add(connection: Connection, changes: dict[int, int]) -> None:
    """One statement for all words whose count changes by the same number."""
    table = derived_search_words
    by_change: dict[int, list[int]] = defaultdict(list)
    for number, by in changes.items():
        by_change[by].append(number)
    for by, numbers in by_change.items():
        for some in some_of(sorted(numbers)):
            changed = table.update().where(table.c.id.in_(some))
            connection.execute(changed.values(studios=table.c.studios + by))


SEARCH = register(
    Derived(
        name="search",
        rule=5,
        tables=(
            derived_search_sets,
            derived_search_text,
            derived_search_keys,
            derived_search_words,
            derived_search,
        ),
        follows=frozenset(
            {
                *("studio_profiles", "studio_services", "studio_studio_types"),
                *("studio_images", "reviews"),
            }
        ),
        take_out=_stored,
        put_in=_put_in,
        change=_change,
        differing=differing,
        is_seen=True,
    )
)
