"""Studios by their public location: those of a city, and those that show a postcode."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Subquery, TextClause, case, func, or_, select, text, union_all

from portal.databases.engines.derived import SEARCH_TEXT
from portal.directory.geography import Point, point_of
from portal.directory.index.documents import postcode_token
from portal.directory.index.expression import Token, on_postgresql, on_sqlite
from portal.directory.index.tables import LONGEST, derived_search, derived_search_text
from portal.directory.kept.asking import directory, session
from portal.directory.models import StudioProfile

LAST = "\U0010ffff"


def points_in(cities: Collection[str], *, most: int) -> list[Point]:
    """Points of studios in one of these folded city names, ordered by id."""
    table = derived_search.c
    names = sorted({name[:LONGEST] for name in cities})
    rows = session().execute(
        select(table.latitude, table.longitude)
        .where(table.city.in_(names))
        .order_by(table.studio_id)
        .limit(most)
    )
    return [point for row in rows if (point := point_of(row.latitude, row.longitude))]


def city_called(names: Sequence[str], *, most: int) -> tuple[str, list[Point]] | None:
    """The city whose name best matches, with its studios' points. One statement.

    The first folded name that equals a city or is a prefix of one decides; among several cities,
    the one with the most studios. The name is spelled as a studio writes it.
    """
    if not names:
        return None
    table = derived_search.c
    kinds = [
        (table.city == each, (table.city >= each) & (table.city < each + LAST)) for each in names
    ]
    conditions = [each for pair in kinds for each in pair]
    nearness = case(*((each, at) for at, each in enumerate(conditions)))
    best = (
        select(table.city)
        .where(or_(*conditions))
        .group_by(table.city)
        .order_by(nearness, func.count().desc(), table.city)
        .limit(1)
        .scalar_subquery()
    )
    rows = (
        session()
        .execute(
            select(StudioProfile.city, table.latitude, table.longitude)
            .join(StudioProfile, StudioProfile.id == table.studio_id)
            .where(table.city == best)
            .order_by(table.studio_id)
            .limit(most)
        )
        .all()
    )
    points = [point for row in rows if (point := point_of(row.latitude, row.longitude))]
    return (rows[0].city or "", points) if rows else None


def studios_at(district: str, area: str, *, most: int) -> Any:
    """A query for the ids of studios that show an address in the district, and of those in its
    area."""
    found = [_having(Token(postcode_token(each)), most) for each in (district, area) if each]
    return union_all(*(select(each.c.studio_id) for each in found))


def _having(token: Token, most: int) -> Subquery:
    words, table = derived_search_text, derived_search
    return (
        select(table.c.studio_id)
        .join_from(words, table, table.c.rank == words.c.rowid)
        .where(_is_met(token))
        .order_by(table.c.rank)
        .limit(most)
        .subquery()
    )


def _is_met(token: Token) -> TextClause:
    name = f"token_{token.text.partition('=')[2]}"
    if directory().dialect.name == "sqlite":
        return text(f"{SEARCH_TEXT} MATCH :{name}").bindparams(**{name: on_sqlite(token)})
    query = f"{SEARCH_TEXT}.terms @@ CAST(:{name} AS tsquery)"
    return text(query).bindparams(**{name: on_postgresql(token)})
