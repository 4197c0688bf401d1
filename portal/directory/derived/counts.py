"""The number of listed studios: in total, by city, by type."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    cast,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    type_coerce,
    union_all,
    update,
)

from portal.directory.derived.registry import Among, Derived, register, rows_differing
from portal.directory.derived.tables import derived_counts
from portal.directory.models import StudioProfile, StudioStudioType
from portal.directory.visibility import is_listed

LISTED, CITY, TYPE, FEATURED = "listed", "city", "type", "featured"
"""For FEATURED the names are ids of studios; each occurs at most once."""


_studios = StudioProfile.__table__.c


def is_featured() -> ColumnElement[bool]:
    return or_(_studios.is_featured, _studios.is_spotlight)


def kept_featured() -> Select[int]:
    """The ids of featured studios, so that the start page need not scan the studios' rows."""
    table = derived_counts.c
    number = cast(table.name, Integer)
    return select(number).where(table.kind == FEATURED, table.studios != 0)


def everybody(_studio_id: Any) -> ColumnElement[bool]:
    return StudioProfile.id.is_not(None)


def counted_studios(among: Among = everybody) -> Select[str, str, int]:
    """Counted from the studios themselves: kind, name, number. Counts of zero are left out."""
    of_type = type_coerce(StudioStudioType.studio_type, String)
    by_kind = union_all(
        _of(LISTED, literal("")).where(among(StudioProfile.id)),
        _of(CITY, StudioProfile.city)
        .where(StudioProfile.city.is_not(None), StudioProfile.city != "", among(StudioProfile.id))
        .group_by(StudioProfile.city),
        _of(TYPE, of_type)
        .join(StudioStudioType, StudioStudioType.studio_id == StudioProfile.id)
        .where(among(StudioProfile.id))
        .group_by(of_type),
        _of(FEATURED, cast(StudioProfile.id, String))
        .where(is_featured(), among(StudioProfile.id))
        .group_by(StudioProfile.id),
    ).subquery()
    return select(by_kind.c.kind, by_kind.c.name, by_kind.c.studios).where(by_kind.c.studios > 0)


def kept_counts() -> Select[str, str, int]:
    table = derived_counts.c
    return select(table.kind, table.name, table.studios).where(table.studios != 0)


def _of(kind: str, name: Any) -> Select[Any]:
    return (
        select(literal(kind).label("kind"), name.label("name"), func.count().label("studios"))
        .select_from(StudioProfile)
        .where(is_listed())
    )


def _take_out(connection: Connection, among: Among) -> None:
    _add(connection, among, sign=-1)


def _put_in(connection: Connection, among: Among) -> None:
    _add(connection, among, sign=1)


def _add(connection: Connection, among: Among, *, sign: int) -> None:
    """Add the counts of one batch, or subtract them: at most three kinds and the batch's cities."""
    rows = [
        {"of_kind": row.kind, "of_name": row.name, "more": sign * row.studios}
        for row in connection.execute(counted_studios(among))
    ]
    if rows:
        connection.execute(_MAKE, [{k: v for k, v in each.items() if k != "more"} for each in rows])
        connection.execute(_CHANGE, rows)


_IS_IT = and_(
    derived_counts.c.kind == bindparam("of_kind"), derived_counts.c.name == bindparam("of_name")
)
_MAKE = insert(derived_counts).from_select(
    list(derived_counts.c),
    select(
        bindparam("of_kind", type_=String), bindparam("of_name", type_=String), literal(0)
    ).where(~exists().where(_IS_IT)),
)
_CHANGE = (
    update(derived_counts)
    .where(_IS_IT)
    .values(studios=derived_counts.c.studios + bindparam("more"))
)


def _differing(connection: Connection) -> int:
    return rows_differing(connection, kept_counts(), counted_studios())


COUNTS = register(
    Derived(
        name="counts",
        rule=2,
        tables=(derived_counts,),
        follows=frozenset({"studio_profiles", "studio_studio_types"}),
        take_out=_take_out,
        put_in=_put_in,
        differing=_differing,
    )
)
