"""What the index should contain for the current studios, compared with what it contains."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Connection, String, func, select, type_coerce

from portal.directory.derived.ratings import counted_ratings
from portal.directory.derived.registry import Among
from portal.directory.index.documents import Document, Studio, document_of
from portal.directory.index.sets.comparing import differing_rows, differing_totals
from portal.directory.index.sets.rows import Changes
from portal.directory.index.sets.tokens import COMMON_FROM, EVERYBODY, set_tokens, studio_of
from portal.directory.index.tables import (
    derived_search,
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
from portal.directory.visibility import is_kept_here, is_listed

AT_ONCE = 500
READ = (
    *("id", "name", "city", "short_about", "about", "description", "home_studio_description"),
    *("services_offered", "equipment_list", "custom_connection_methods", "full_address"),
    *("latitude", "longitude", "show_address", "use_coordinates_for_map", "created_at"),
    *("is_verified", "show_rates", "rate_tier_1", "rate_tier_2", "rate_tier_3"),
    *(f"connection{number}" for number in range(1, len(CONNECTIONS) + 1)),
)


def documents(connection: Connection, among: Among) -> list[Document]:
    """The documents of the listed studios among these. Five statements."""
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
                sum(map(is_kept_here, images[row.id])),
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


def tokens_of(connection: Connection, ranks: list[int]) -> dict[int, list[str]]:
    table = derived_search_text.c
    if connection.dialect.name == "sqlite":
        rows = connection.execute(select(table.rowid, table.terms).where(table.rowid.in_(ranks)))
    else:
        words = func.array_to_string(func.tsvector_to_array(table.terms), " ")
        rows = connection.execute(select(table.rowid, words).where(table.rowid.in_(ranks)))
    return {rank: terms.split() for rank, terms in rows}


def word_rows(connection: Connection, words: Iterable[str]) -> Iterator[Any]:
    table = derived_search_words
    for some in some_of(sorted(words)):
        yield from connection.execute(select(table).where(table.c.word.in_(some))).all()


def some_of(given: list[Any], size: int = AT_ONCE) -> Iterator[list[Any]]:
    for first in range(0, len(given), size):
        yield given[first : first + size]


def differing(connection: Connection) -> int:
    """The number of wrong studios, words and sets, checked in batches."""
    wrong, after = 0, -1
    counts, members = Counter[str](), Counter[str]()
    while (last := _end_of_batch(connection, after)) is not None:
        wrong += _differing_between(connection, after, last, counts, members)
        after = last
    wrong += _differing_between(connection, after, None, counts, members)
    table = derived_search_words
    for row in connection.execute(select(table.c.word, table.c.studios)).yield_per(AT_ONCE):
        wrong += counts.pop(row.word, 0) != row.studios
    return wrong + sum(map(bool, counts.values())) + differing_totals(connection, members)


def _end_of_batch(connection: Connection, after: int) -> int | None:
    number = StudioProfile.id
    batch = select(number).where(number > after).order_by(number).limit(AT_ONCE).subquery()
    last: int | None = connection.scalar(select(func.max(batch.c.id)))
    return last


def _differing_between(
    connection: Connection,
    after: int,
    last: int | None,
    counts: Counter[str],
    members: Counter[str],
) -> int:
    def among(column: Any) -> Any:
        return column > after if last is None else column.between(after + 1, last)

    made = {each.values["rank"]: each for each in documents(connection, among)}
    counts.update(term for each in made.values() for term in each.terms)
    if made:
        counts[EVERYBODY] += len(made)
    table = derived_search
    stored = connection.execute(select(table).where(among(table.c.studio_id))).mappings().all()
    rows = {row["rank"]: dict(row) for row in stored}
    tokens = tokens_of(connection, sorted({*made, *rows}))
    wrong = sum(rank not in made for rank in rows)
    for rank, each in made.items():
        is_right = rows.get(rank) == each.values and set(tokens.get(rank, ())) == set(each.tokens)
        wrong += not is_right
    return wrong + _differing_sets(connection, list(made.values()), members)


def _differing_sets(connection: Connection, made: list[Document], members: Counter[str]) -> int:
    """The number of sets that lack these studios; surplus members are found by the totals."""
    words = {term for each in made for term in each.terms}
    studios = {row.word: row.studios for row in word_rows(connection, words)}
    changes = Changes()
    for each in made:
        rank = each.values["rank"]
        held = set_tokens(rank, each.tokens, lambda word: studios.get(word, 0) >= COMMON_FROM)
        changes.note(studio_of(rank), held)
    members.update({token: len(ids) for token, ids in changes.by_token.items()})
    return differing_rows(connection, changes)
