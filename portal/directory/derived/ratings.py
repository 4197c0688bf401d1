"""Each studio's rating and its number of reviews."""

from sqlalchemy import Connection, Select, delete, func, insert, select

from portal.directory.derived.registry import Among, Derived, register, rows_differing
from portal.directory.derived.tables import derived_ratings
from portal.directory.models import Review, ReviewStatus, StudioProfile


def counted_ratings() -> Select[int, int, int]:
    """Counted from the reviews: studio, number of approved reviews, sum of their ratings."""
    return (
        select(
            Review.studio_id,
            func.count(Review.id).label("reviews"),
            func.sum(Review.rating).label("total"),
        )
        .join(StudioProfile, StudioProfile.id == Review.studio_id)
        .where(Review.status == ReviewStatus.APPROVED)
        .group_by(Review.studio_id)
    )


def _take_out(connection: Connection, among: Among) -> None:
    connection.execute(delete(derived_ratings).where(among(derived_ratings.c.studio_id)))


def _put_in(connection: Connection, among: Among) -> None:
    found = counted_ratings().where(among(Review.studio_id))
    connection.execute(insert(derived_ratings).from_select(list(derived_ratings.c), found))


def _differing(connection: Connection) -> int:
    return rows_differing(connection, select(derived_ratings), counted_ratings())


RATINGS = register(
    Derived(
        name="ratings",
        rule=1,
        tables=(derived_ratings,),
        follows=frozenset({"reviews"}),
        take_out=_take_out,
        put_in=_put_in,
        differing=_differing,
    )
)
