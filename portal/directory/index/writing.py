"""Write the index: studios are taken out and put in, a batch or one at a time."""

from collections import Counter, defaultdict

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
from portal.directory.index.sets import (
    COMMON_FROM,
    EVERYBODY,
    Changes,
    Wanted,
    fetch,
    forget_sets,
    set_tokens,
    studio_of,
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


def _put_in(connection: Connection, among: Among) -> None:
    made = documents(connection, among)
    if not made:
        return
    connection.execute(insert(derived_search), [each.values for each in made])
    connection.execute(
        INSERT_TEXT[connection.dialect.name],
        [{"rank": each.values["rank"], "terms": " ".join(each.tokens)} for each in made],
    )
    counts = Counter(term for each in made for term in each.terms)
    words = {word for each in made for word in each.words}
    numbers = _count(connection, counts | Counter({EVERYBODY: len(made)}), words)
    _put_in_sets(connection, made, counts, numbers)


def _put_in_sets(
    connection: Connection, made: list[Document], more: Counter[str], studios: dict[str, int]
) -> None:
    """A word that has become common gets its sets, with all studios that have it."""
    new = {word for word, by in more.items() if 0 <= studios[word] - COMMON_FROM < by}
    changes = Changes()
    for each in made:
        rank = each.values["rank"]
        held = set_tokens(rank, each.tokens, lambda word: studios[word] >= COMMON_FROM)
        changes.note(studio_of(rank), (token for token in held if word_of(token) not in new))
    for some in some_of(sorted(new)):
        tokens = [f"{kind}{word}" for word in some for kind in ("", *(f"{k}=" for k in KINDS))]
        for few in some_of(tokens, LISTS_AT_ONCE):
            lists = fetch(connection, Wanted(lists={each: Token(each) for each in few}))
            changes.by_token |= {token: ids for token, ids in lists.items() if ids}
    changes.put_in(connection)


INSERT_TEXT = {
    "sqlite": text(f"INSERT INTO {SEARCH_TEXT} (rowid, terms) VALUES (:rank, :terms)"),  # noqa: S608
    "postgresql": text(
        f"INSERT INTO {SEARCH_TEXT} (rowid, terms)"  # noqa: S608
        " VALUES (:rank, array_to_tsvector(string_to_array(:terms, ' ')))"
    ),
}


def _take_out(connection: Connection, among: Among) -> None:
    ranks = list(
        connection.scalars(select(derived_search.c.rank).where(among(derived_search.c.studio_id)))
    )
    if not ranks:
        return
    before = tokens_of(connection, ranks)
    gone = Counter(each for tokens in before.values() for each in tokens if is_counted(each))
    studios = {row.word: row.studios for row in word_rows(connection, gone)}
    _take_out_of_sets(connection, before, gone, studios)
    rowid = derived_search_text.c.rowid
    connection.execute(delete(derived_search_text).where(rowid.in_(ranks)))
    connection.execute(delete(derived_search).where(derived_search.c.rank.in_(ranks)))
    _discount(connection, gone | Counter({EVERYBODY: len(ranks)}))


def _take_out_of_sets(
    connection: Connection,
    before: dict[int, list[str]],
    fewer: Counter[str],
    studios: dict[str, int],
) -> None:
    """A word that is no longer common loses its sets."""
    changes, gone = Changes(), set[str]()
    for word, by in fewer.items():
        if 0 <= studios.get(word, 0) - COMMON_FROM < by:
            gone |= {word, *(f"{kind}={word}" for kind in KINDS)}
    for rank, tokens in before.items():
        held = set_tokens(rank, tokens, lambda word: studios.get(word, 0) >= COMMON_FROM)
        changes.note(studio_of(rank), (token for token in held if token not in gone))
    changes.take_out(connection)
    if gone:
        forget_sets(connection, gone)


def _count(connection: Connection, counts: Counter[str], words: set[str]) -> dict[str, int]:
    """Add the counts and return how many studios have each word now. A new word gets its spelling
    keys."""
    before = {row.word: row for row in word_rows(connection, counts)}
    last = connection.scalar(select(func.max(derived_search_words.c.id))) or 0
    numbers = {word: row.id for word, row in before.items()}
    new = [word for word in sorted(counts) if word not in before]
    numbers |= {word: last + at for at, word in enumerate(new, start=1)}
    if new:
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
    _change(connection, {numbers[word]: counts[word] for word in before})
    added = [word for word in sorted(words) if word not in before or not before[word].is_word]
    late = [numbers[word] for word in added if word in before]
    table = derived_search_words
    for some in some_of(late):
        connection.execute(table.update().where(table.c.id.in_(some)).values(is_word=True))
    keys = [{"key": key, "word_id": numbers[w]} for w in added for key in sorted(keys_of(w))]
    if keys:
        connection.execute(insert(derived_search_keys), keys)
    return {
        word: by + (before[word].studios if word in before else 0) for word, by in counts.items()
    }


def _discount(connection: Connection, counts: Counter[str]) -> None:
    """Subtract the counts; a word that no studio has any more is deleted with its keys."""
    before = list(word_rows(connection, counts))
    gone = [row.id for row in before if row.studios <= counts[row.word] and row.word != EVERYBODY]
    left = {row.id: -counts[row.word] for row in before}
    for some in some_of(gone):
        keys, words = derived_search_keys, derived_search_words
        connection.execute(delete(keys).where(keys.c.word_id.in_(some)))
        connection.execute(delete(words).where(words.c.id.in_(some)))
    _change(connection, {number: by for number, by in left.items() if number not in set(gone)})


def _change(connection: Connection, changes: dict[int, int]) -> None:
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
        rule=4,
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
        take_out=_take_out,
        put_in=_put_in,
        differing=differing,
        is_seen=True,
    )
)
