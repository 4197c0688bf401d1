"""Queries for the start page and a studio's page: listed studios only.

Ratings and counts come from the derived tables, and are computed where those are incomplete.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Row

from portal.core.paging import Page
from portal.core.storage.database import db
from portal.directory.derived.counts import CITY, COUNTS, LISTED, TYPE
from portal.directory.derived.ratings import RATINGS
from portal.directory.derived.state import is_kept_on
from portal.directory.models import StudioType
from portal.directory.pages import statements
from portal.directory.pages.card_rows import OF_A_CARD, SEPARATOR, cards_in
from portal.directory.pages.hours import hours_in
from portal.directory.pages.queries import Count, rating_of
from portal.directory.pages.statements import BETWEEN_ROWS
from portal.directory.presentation import (
    Card,
    PublicReview,
    PublicStudio,
    public_review,
    public_studio,
)
from portal.directory.users.prepared import is_moderation_prepared, is_prepared
from portal.directory.visibility import Details, number_in, slug_of

MOST_CITIES = 24


@dataclass(frozen=True)
class Overview:
    """The content of the start page."""

    studios: int
    featured: list[Card]
    types: tuple[Count, ...]
    cities: tuple[Count, ...]
    city_count: int


def overview() -> Overview:
    """Two statements. The cities with the most studios, by name."""
    connection = db.session.connection()
    counts = connection.execute(statements.COUNTS[is_kept_on(connection, COUNTS)]).scalar()
    return replace(counts_in(counts or ""), featured=featured_cards(connection))


@lru_cache(16)
def counts_in(text: str) -> Overview:
    """The overview without featured studios, parsed from the database's text. Cached."""
    found: dict[str, dict[str, int]] = {LISTED: {}, CITY: {}, TYPE: {}}
    for row in filter(None, text.split(BETWEEN_ROWS)):
        kind, studios, name = row.split(SEPARATOR, 2)
        found.setdefault(kind, {})[name] = int(studios)
    cities, types = found[CITY], found[TYPE]
    most = sorted(cities, key=lambda name: (-cities[name], name))[:MOST_CITIES]
    return Overview(
        studios=sum(found[LISTED].values()),
        featured=[],
        types=tuple(Count(k.value, n) for k in StudioType if (n := types.get(k.value))),
        cities=tuple(Count(name, cities[name]) for name in sorted(most)),
        city_count=len(cities),
    )


def featured_cards(connection: Connection) -> list[Card]:
    """Spotlights first, then the featured studios with the best ratings."""
    is_kept = is_kept_on(connection, RATINGS), is_kept_on(connection, COUNTS)
    rows = connection.execute(statements.FEATURED[is_kept]).all()
    return list(cards_in(connection, [(row[:OF_A_CARD], rating_of(row)) for row in rows]).values())


def studio_page(slug: str, *, page: int = 1, is_preview: bool = False) -> PublicStudio | None:
    """A listed studio by its current slug; None for any other slug. `page` of its reviews.
    `is_preview`: its owner looks at it, whether it is listed or not."""
    number = number_in(slug)
    if number is None:
        return None
    connection, asked = db.session.connection(), {"studio": number, "preview": is_preview}
    added = is_prepared()
    query = statements.ONE_STUDIO[is_kept_on(connection, RATINGS), added]
    row = connection.execute(query, asked).one_or_none()
    if row is None or slug_of(row.name, number) != slug:
        return None
    listed = connection.execute(statements.DETAILS_OF_ONE[added], asked).all()
    details = details_in(listed, [number])[number]
    rating = rating_of(row)
    reviews = reviews_on(connection, number, page, rating.count if rating else 0)
    public = public_studio(row, row, details, reviews.items, rating)
    public = replace(public, page=reviews, takes_reviews=is_moderation_prepared())
    if not added:
        return public
    hours = hours_in(row.hours, SEPARATOR, row.zone, row.hours_note)
    return replace(
        public,
        hours=hours,
        takes_messages=bool(row.takes_messages) and not public.is_unclaimed,
        can_be_claimed=public.is_unclaimed and is_moderation_prepared(),
        takes_reports=is_moderation_prepared() and not is_preview,
    )


def reviews_on(connection: Connection, studio: int, number: int, total: int) -> Page[PublicReview]:
    """That page of a studio's reviews, or its last one."""
    size = statements.REVIEWS_ON_A_PAGE
    page = Page[PublicReview]((), number, size, total)
    page = replace(page, number=min(max(1, number), page.pages))
    asked = {"studio": studio, "skipped": (page.number - 1) * size}
    rows = connection.execute(statements.APPROVED_REVIEWS, asked)
    readable = (each for each in rows if each.created_at is not None)  # on a second try
    return page.showing([public_review(each) for each in readable])


def details_in(rows: Sequence[Row[*tuple[Any, ...]]], ids: Iterable[int]) -> dict[int, Details]:
    """Images are in their owner's order."""
    found = {number: Details() for number in ids}
    for row in sorted(rows, key=lambda row: (row[4], row[5])):
        studio, kind, value, words, _position, _number, width, height = row
        found[studio].add(kind, value, words, (width, height) if width and height else None)
    return found
