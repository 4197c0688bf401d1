"""What a list shows of each studio: one row of the database, and the card built from it.

Types, services and the first image are part of the studio's row; separate queries returned two
hundred rows for a list of 24. Cards are cached by the row's content; the content is read for each
page.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import islice
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    Row,
    Select,
    String,
    Table,
    bindparam,
    func,
    select,
    type_coerce,
)

from portal.directory.models import StudioImage, StudioProfile, StudioService, StudioStudioType
from portal.directory.presentation import Card, Rating, card_of
from portal.directory.visibility import Details, Image, Picture, first_picture, is_listed

KEPT = 4096
SEPARATOR = "\x1f"
AT_ONCE = 24
NOBODY = -1

_studios, _images, _services, _types = (
    cast(Table, model.__table__)
    for model in (StudioProfile, StudioImage, StudioService, StudioStudioType)
)
_first = _images.alias("first_image")
PLACES = [bindparam(f"studio{n}", type_=Integer) for n in range(AT_ONCE)]


def columns() -> tuple[ColumnElement[Any], ...]:
    """Columns of the rows of `with_first_image`, in the order in which `card_in` reads them."""
    of = _studios.c
    return (
        *(of.id, of.name, of.city, of.short_about, of.is_verified, of.is_featured),
        *(_first.c.image_url, _first.c.alt_text),
        _joined(_types, _types.c.studio_type),
        _joined(_services, _services.c.service),
    )


OF_A_CARD = 10


def with_first_image(studios: FromClause) -> FromClause:
    """`studios` contains the studios' table."""
    of = _images.c
    first = select(of.id).where(of.studio_id == _studios.c.id).order_by(of.sort_order, of.id)
    earliest = first.limit(1).correlate(_studios).scalar_subquery()
    return studios.outerjoin(_first, _first.c.id == earliest)


def _joined(table: Table, word: Any) -> ColumnElement[str]:
    """The words of a studio in one string; none of them contains the separator."""
    words = func.aggregate_strings(type_coerce(word, String), SEPARATOR)
    mine = table.c.studio_id == _studios.c.id
    return select(words).where(mine).correlate(_studios).scalar_subquery()


def _of_some() -> Select[*tuple[Any, ...]]:
    some = with_first_image(_studios)
    return select(*columns()).select_from(some).where(is_listed(), _studios.c.id.in_(PLACES))


def _other_images() -> Select[*tuple[Any, ...]]:
    of = _images.c
    some = select(of.studio_id, of.image_url, of.alt_text).where(of.studio_id.in_(PLACES))
    return some.order_by(of.studio_id, of.sort_order, of.id)


OF_SOME, OTHER_IMAGES = _of_some(), _other_images()


def cards_of(
    connection: Connection, ids: Iterable[int], rated: dict[int, Rating]
) -> dict[int, Card]:
    """Cards of the listed studios among the ids, in that order; one statement for each 24."""
    found: dict[int, Card] = {}
    left, wanted = iter(ids), list[int]()
    while some := list(islice(left, AT_ONCE)):
        wanted += some
        rows = connection.execute(OF_SOME, _asked(some)).all()
        found |= cards_in(connection, [(tuple(row), rated.get(row[0])) for row in rows])
    return {each: found[each] for each in wanted if each in found}


def cards_in(
    connection: Connection, rows: Sequence[tuple[tuple[Any, ...], Rating | None]]
) -> dict[int, Card]:
    """By studio id. If the first image is not stored on this site, the other images are read."""
    found = {row[0]: card_in(row, rating) for row, rating in rows}
    without = [row[0] for row, _ in rows if row[6] is not None and found[row[0]].picture is None]
    for number, picture in _other_pictures(connection, without).items():
        found[number] = replace(found[number], picture=picture)
    return found


@lru_cache(KEPT)
def card_in(row: tuple[Any, ...], rating: Rating | None) -> Card:
    number, name, city, summary, is_verified, is_featured, address, alt, types, services = row
    return card_of(
        number,
        name=name,
        city=city,
        summary=summary,
        is_verified=is_verified,
        is_featured=is_featured,
        details=Details(
            [Image(address, alt)] if address is not None else [], _split(services), _split(types)
        ),
        rating=rating,
    )


def _split(words: str | None) -> list[str]:
    return words.split(SEPARATOR) if words else []


def _other_pictures(connection: Connection, ids: list[int]) -> dict[int, Picture]:
    images: dict[int, list[Image]] = {}
    for first in range(0, len(ids), AT_ONCE):
        rows: Sequence[Row[*tuple[Any, ...]]] = connection.execute(
            OTHER_IMAGES, _asked(ids[first : first + AT_ONCE])
        ).all()
        for number, address, alt in rows:
            images.setdefault(number, []).append(Image(address, alt))
    shown = {number: first_picture(given) for number, given in images.items()}
    return {number: picture for number, picture in shown.items() if picture}


def _asked(ids: Sequence[int]) -> dict[str, int]:
    padded = [*ids, *[NOBODY] * (AT_ONCE - len(ids))]
    return {f"studio{place}": each for place, each in enumerate(padded)}
