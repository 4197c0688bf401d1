"""Keeping the index: studios are taken out of it and put in, a batch or one at a time."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Connection, String, delete, func, insert, select, text, type_coerce

from portal.databases.engines.derived import SEARCH_TEXT
from portal.directory.derived.counts import is_listed
from portal.directory.derived.ratings import counted_ratings
from portal.directory.derived.registry import Among, Derived, register
from portal.directory.index.documents import KINDS, Document, Studio, document_of, is_counted
from portal.directory.index.expression import Token
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
from portal.directory.models import (
    CONNECTIONS,
    Review,
    StudioImage,
    StudioProfile,
    StudioService,
    StudioStudioType,
)
from portal.directory.shown import IMAGE_NAME
from portal.directory.spelling.keys import keys_of
from portal.directory.words.plurals import singular

AT_ONCE = 500
LISTS_AT_ONCE = 50
READ = (
    *("id", "name", "city", "short_about", "about", "description", "home_studio_description"),
    *("services_offered", "equipment_list", "custom_connection_methods", "full_address"),
    *("latitude", "longitude", "show_address", "use_coordinates_for_map", "created_at"),
    *("is_verified", "show_rates", "rate_tier_1", "rate_tier_2", "rate_tier_3"),
    *(f"connection{number}" for number in range(1, len(CONNECTIONS) + 1)),
)


def documents(connection: Connection, among: Among) -> list[Document]:
    """Of the listed ones among the studios. Five statements."""
    columns = [getattr(StudioProfile, name) for name in READ]
    rows = connection.execute(
        select(*columns).where(is_listed(), among(StudioProfile.id)).order_by(StudioProfile.id)
    ).all()
    types = _by_studio(connection, StudioStudioType, StudioStudioType.studio_type, among)
    services = _by_studio(connection, StudioService, StudioService.service, among)
    images = _by_studio(connection, StudioImage, StudioImage.image_url, among)
    found = connection.execute(counted_ratings().where(among(Review.studio_id)))
    ratings = {row.studio_id: (row.reviews, int(row.total)) for row in found}
    return [
        document_of(
            Studio(
                row,
                tuple(types[row.id]),
                tuple(services[row.id]),
                sum(map(_is_kept_here, images[row.id])),
                *ratings.get(row.id, (0, 0)),
            )
        )
        for row in rows
    ]


def _by_studio(
    connection: Connection, model: Any, column: Any, among: Among
) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    rows = select(model.studio_id, type_coerce(column, String)).where(among(model.studio_id))
    for studio, value in connection.execute(rows.order_by(model.id)):
        found[studio].append(value)
    return found


def _is_kept_here(address: str) -> bool:
    return bool(IMAGE_NAME.fullmatch(address.removeprefix("/images/")))


def _put_in(connection: Connection, among: Among) -> None:
    made = documents(connection, among)
    if not made:
        return
    connection.execute(insert(derived_search), [each.values for each in made])
    connection.execute(
        _INSERT[connection.dialect.name],
        [{"rank": each.values["rank"], "terms": " ".join(each.tokens)} for each in made],
    )
    counts = Counter(term for each in made for term in each.terms)
    words = {word for each in made for word in each.words}
    numbers = _count(connection, counts | Counter({EVERYBODY: len(made)}), words)
    _put_in_sets(connection, made, counts, numbers)


def _put_in_sets(
    connection: Connection, made: list[Document], more: Counter[str], studios: dict[str, int]
) -> None:
    """A word that has become common gets its sets, of all who have it."""
    new = {word for word, by in more.items() if 0 <= studios[word] - COMMON_FROM < by}
    changes = Changes()
    for each in made:
        rank = each.values["rank"]
        held = set_tokens(rank, each.tokens, lambda word: studios[word] >= COMMON_FROM)
        changes.note(studio_of(rank), (token for token in held if word_of(token) not in new))
    for some in _some(sorted(new)):
        tokens = [f"{kind}{word}" for word in some for kind in ("", *(f"{k}=" for k in KINDS))]
        for few in _some(tokens, LISTS_AT_ONCE):
            lists = fetch(connection, Wanted(lists={each: Token(each) for each in few}))
            changes.by_token |= {token: list(ids) for token, ids in lists.items() if ids}
    changes.put_in(connection)


_INSERT = {
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
    stood = _tokens(connection, ranks)
    gone = Counter(each for tokens in stood.values() for each in tokens if is_counted(each))
    studios = {row.word: row.studios for row in _rows(connection, gone)}
    _take_out_of_sets(connection, stood, gone, studios)
    rowid = derived_search_text.c.rowid
    connection.execute(delete(derived_search_text).where(rowid.in_(ranks)))
    connection.execute(delete(derived_search).where(derived_search.c.rank.in_(ranks)))
    _discount(connection, gone | Counter({EVERYBODY: len(ranks)}))


def _take_out_of_sets(
    connection: Connection,
    stood: dict[int, list[str]],
    fewer: Counter[str],
    studios: dict[str, int],
) -> None:
    """A word that is common no longer loses its sets."""
    changes, gone = Changes(), set[str]()
    for word, by in fewer.items():
        if 0 <= studios.get(word, 0) - COMMON_FROM < by:
            gone |= {word, *(f"{kind}={word}" for kind in KINDS)}
    for rank, tokens in stood.items():
        held = set_tokens(rank, tokens, lambda word: studios.get(word, 0) >= COMMON_FROM)
        changes.note(studio_of(rank), (token for token in held if token not in gone))
    changes.take_out(connection)
    if gone:
        forget_sets(connection, gone)


def _tokens(connection: Connection, ranks: list[int]) -> dict[int, list[str]]:
    table = derived_search_text.c
    if connection.dialect.name == "sqlite":
        rows = connection.execute(select(table.rowid, table.terms).where(table.rowid.in_(ranks)))
    else:
        words = func.array_to_string(func.tsvector_to_array(table.terms), " ")
        rows = connection.execute(select(table.rowid, words).where(table.rowid.in_(ranks)))
    return {rank: terms.split() for rank, terms in rows}


def _count(connection: Connection, counts: Counter[str], words: set[str]) -> dict[str, int]:
    """Add what was put in, and say how many studios have each now; a word gets its keys when
    somebody wrote it for the first time."""
    stood = {row.word: row for row in _rows(connection, counts)}
    last = connection.scalar(select(func.max(derived_search_words.c.id))) or 0
    numbers = {word: row.id for word, row in stood.items()}
    new = [word for word in sorted(counts) if word not in stood]
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
    _change(connection, {numbers[word]: counts[word] for word in stood})
    told = [word for word in sorted(words) if word not in stood or not stood[word].is_word]
    late = [numbers[word] for word in told if word in stood]
    table = derived_search_words
    for some in _some(late):
        connection.execute(table.update().where(table.c.id.in_(some)).values(is_word=True))
    keys = [{"key": key, "word_id": numbers[w]} for w in told for key in sorted(keys_of(w))]
    if keys:
        connection.execute(insert(derived_search_keys), keys)
    return {word: by + (stood[word].studios if word in stood else 0) for word, by in counts.items()}


def _discount(connection: Connection, counts: Counter[str]) -> None:
    """A word that no studio has any more goes, with its keys."""
    stood = list(_rows(connection, counts))
    gone = [row.id for row in stood if row.studios <= counts[row.word] and row.word != EVERYBODY]
    left = {row.id: -counts[row.word] for row in stood}
    for some in _some(gone):
        keys, words = derived_search_keys, derived_search_words
        connection.execute(delete(keys).where(keys.c.word_id.in_(some)))
        connection.execute(delete(words).where(words.c.id.in_(some)))
    _change(connection, {number: by for number, by in left.items() if number not in set(gone)})


def _rows(connection: Connection, words: Iterable[str]) -> Iterator[Any]:
    table = derived_search_words
    for some in _some(sorted(words)):
        yield from connection.execute(select(table).where(table.c.word.in_(some))).all()


def _change(connection: Connection, changes: dict[int, int]) -> None:
    """One statement for all that change by the same number."""
    table = derived_search_words
    by_change: dict[int, list[int]] = defaultdict(list)
    for number, by in changes.items():
        by_change[by].append(number)
    for by, numbers in by_change.items():
        for some in _some(sorted(numbers)):
            changed = table.update().where(table.c.id.in_(some))
            connection.execute(changed.values(studios=table.c.studios + by))


def _some(given: list[Any], size: int = AT_ONCE) -> Iterator[list[Any]]:
    for first in range(0, len(given), size):
        yield given[first : first + size]


def _differing(connection: Connection) -> int:
    """Studios and words that are not as they should be, a batch at a time."""
    wrong, after, counts = 0, -1, Counter[str]()
    while (last := _end_of_batch(connection, after)) is not None:
        wrong += _differing_between(connection, after, last, counts)
        after = last
    wrong += _differing_between(connection, after, None, counts)
    table = derived_search_words
    for row in connection.execute(select(table.c.word, table.c.studios)).yield_per(AT_ONCE):
        wrong += counts.pop(row.word, 0) != row.studios
    return wrong + sum(map(bool, counts.values()))


def _end_of_batch(connection: Connection, after: int) -> int | None:
    number = StudioProfile.id
    batch = select(number).where(number > after).order_by(number).limit(AT_ONCE).subquery()
    last: int | None = connection.scalar(select(func.max(batch.c.id)))
    return last


def _differing_between(
    connection: Connection, after: int, last: int | None, counts: Counter[str]
) -> int:
    def among(column: Any) -> Any:
        return column > after if last is None else column.between(after + 1, last)

    made = {each.values["rank"]: each for each in documents(connection, among)}
    counts.update(term for each in made.values() for term in each.terms)
    if made:
        counts[EVERYBODY] += len(made)
    table = derived_search
    stood = connection.execute(select(table).where(among(table.c.studio_id))).mappings().all()
    rows = {row["rank"]: dict(row) for row in stood}
    tokens = _tokens(connection, sorted({*made, *rows}))
    wrong = sum(rank not in made for rank in rows)
    for rank, each in made.items():
        is_right = rows.get(rank) == each.values and set(tokens.get(rank, ())) == set(each.tokens)
        wrong += not is_right
    return wrong


SEARCH = register(
    Derived(
        name="search",
        rule=2,
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
        differing=_differing,
        is_seen=True,
    )
)
