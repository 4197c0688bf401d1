"""Studios by what the public sees of their place: where those of a city are, who has a postcode."""

from collections.abc import Collection

from sqlalchemy import inspect, select

from portal.core.database import db
from portal.directory.geography import Point, point_of
from portal.directory.index.documents import postcode_token
from portal.directory.index.expression import But, Token
from portal.directory.index.statements import Ask, Order
from portal.directory.index.tables import LONGEST, derived_search
from portal.directory.models import StudioProfile


def points_in(cities: Collection[str], *, most: int) -> list[Point]:
    """Of studios that name one of these folded cities, by their number."""
    table = derived_search.c
    names = sorted({name[:LONGEST] for name in cities})
    rows = db.session.execute(
        select(table.latitude, table.longitude)
        .where(table.city.in_(names))
        .order_by(table.studio_id)
        .limit(most)
    )
    return [point for row in rows if (point := point_of(row.latitude, row.longitude))]


def studios_at(district: str, area: str, *, most: int) -> list[int]:
    """Numbers of those that show an address in the district, then of those in its area."""
    connection = db.session.connection(bind_arguments={"mapper": inspect(StudioProfile)})
    here = Token(postcode_token(district))
    around = [But(Token(postcode_token(area)), here)] if area else []
    hits = Ask(connection).page([here, *around], Order.RELEVANCE, limit=most)
    return [hit.studio_id for hit in hits]
