"""Studios by their public location: those of a city, and those that show a postcode."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import func, literal, select, union_all

from portal.directory.geography import Point, point_of
from portal.directory.index.documents import postcode_token
from portal.directory.index.expression import Token
from portal.directory.index.sets.fetching import Wanted, prepared
from portal.directory.index.tables import LONGEST, derived_search
from portal.directory.kept.asking import late_connection, session
from portal.directory.kept.index import fetch
from portal.directory.models import StudioProfile

LAST = "\U0010ffff"
MOST_COUNTED = 2000
table = derived_search.c


def points_in(cities: Collection[str], *, most: int) -> list[Point]:
    """Points of so many studios in each of these folded city names, whichever the index has first:
    a big city has very many."""
    names = sorted({name[:LONGEST] for name in cities})
    values = {"most": most, **{f"city{at}": name for at, name in enumerate(names)}}
    query = " UNION ALL ".join(_POINTS.format(at=at) for at in range(len(names)))
    rows = session().execute(prepared(query), values).all()
    return [point for north, east in rows if (point := point_of(north, east))]


def city_called(names: Sequence[str], *, most: int) -> tuple[str, list[Point]] | None:
    """The city whose name best matches, with its studios' points. One statement.

    The first folded name that equals a city or is a prefix of one decides; among several cities,
    the one with the most studios, of the first `MOST_COUNTED`. The name is spelled as a studio
    writes it.
    """
    if not names:
        return None
    kinds = [(_is(each), (table.city >= each, table.city < each + LAST)) for each in names]
    conditions = [each for pair in kinds for each in pair]
    looked = union_all(
        *(
            _some(each, MOST_COUNTED, literal(at).label("at"), table.city)
            for at, each in enumerate(conditions)
        )
    ).subquery()
    best = (
        select(looked.c.city)
        .group_by(looked.c.city)
        .order_by(func.min(looked.c.at), func.count().desc(), looked.c.city)
        .limit(1)
        .scalar_subquery()
    )
    asked = (
        select(StudioProfile.city, table.latitude, table.longitude)
        .join(StudioProfile, StudioProfile.id == table.studio_id)
        .where(table.city == best)
        .limit(most)
    )
    rows = session().execute(asked).all()
    points = [point for row in rows if (point := point_of(row.latitude, row.longitude))]
    return (rows[0].city or "", points) if rows else None


def _some(conditions: Sequence[Any], most: int, *columns: Any) -> Any:
    """In the order of the index, so that it is read: of a name that many have, PostgreSQL would
    rather read the table until there are enough."""
    found = select(*columns).where(*conditions).order_by(table.city).limit(most).subquery()
    return select(found)


def _is(city: str) -> tuple[Any, Any]:
    """Not `=`, beside which PostgreSQL leaves out the order."""
    return table.city >= city, table.city <= city


_POINTS = (
    "SELECT p{at}.latitude, p{at}.longitude FROM (SELECT s.latitude, s.longitude"
    " FROM derived_search s WHERE s.city >= :city{at} AND s.city <= :city{at}"
    " ORDER BY s.city LIMIT :most) AS p{at}"
)
"""As `_some`, as text: each number of names is another statement, which SQLAlchemy needs a
millisecond to compile."""


def studios_at(district: str, area: str, *, most: int) -> list[int]:
    """The ids of studios that show an address in the district, and of those in its area. One
    statement: as a part of another one, PostgreSQL would read the whole table for it."""
    asked = {each: Token(postcode_token(each)) for each in (district, area) if each}
    found = fetch(late_connection(), Wanted(lists=asked))
    return sorted({studio for ids in found.sets.values() for studio in list(ids)[:most]})
