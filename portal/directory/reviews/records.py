"""What others wrote about a studio outlives it: kept for them when its owner's account is deleted.

It works on tables by name, since a restore deletes accounts again in a copy at any revision.
"""

from collections.abc import Collection
from typing import Any, cast
from uuid import uuid4

from sqlalchemy import (
    Connection,
    Integer,
    String,
    Table,
    column,
    delete,
    insert,
    select,
    table,
    update,
)

from portal.core.clock import now
from portal.core.storage.database import UtcDateTime
from portal.databases.engines.sharing import has_table
from portal.directory.reviews.models import OwnReview, ReviewRecord

AT_ONCE = 500
records, own_rows = (cast(Table, model.__table__) for model in (ReviewRecord, OwnReview))
reviews = table(
    "reviews",
    *(column(name, Integer) for name in ("id", "studio_id", "reviewer_id", "owner_id", "rating")),
    *(column(name, String) for name in ("content", "status")),
    column("created_at", UtcDateTime),
)
"""The same in the legacy schema and after its consolidation."""
OWNERS = {"studio_profiles": "user_id", "studios": "owner_id"}
"""The tables of studios, the present one and that of the legacy schema, with their owner."""


def keep_reviews(connection: Connection, people: Collection[int]) -> None:
    """Before these people are deleted with their studios: what others wrote about those is kept for
    them, and reviews of studios that were handed over go to the present owner."""
    studios = _studios(connection)
    for begin in range(0, len(people) if studios is not None else 0, AT_ONCE):
        some = sorted(people)[begin : begin + AT_ONCE]
        _leave_to_present_owner(connection, studios, some)
        if has_table(connection, records.name):
            _keep(connection, studios, some)
        if has_table(connection, own_rows.name):
            gone = select(studios.c.id).where(studios.c.owner.in_(some))
            connection.execute(delete(own_rows).where(own_rows.c.studio_number.in_(gone)))


def _studios(connection: Connection) -> Any:
    name = next((each for each in OWNERS if has_table(connection, each)), None)
    if name is None:
        return None
    owner = column(OWNERS[name], Integer)
    found = table(name, column("id", Integer), owner, column("name", String))
    return select(found.c.id, owner.label("owner"), found.c.name).subquery()


def _leave_to_present_owner(connection: Connection, studios: Any, people: list[int]) -> None:
    """`owner_id` is whom the studio belonged to at the time of the review; the row goes with that
    person's."""
    query = (
        select(reviews.c.id, studios.c.owner)
        .join_from(reviews, studios, studios.c.id == reviews.c.studio_id)
        .where(reviews.c.owner_id.in_(people), studios.c.owner.not_in(people))
    )
    for number, owner in connection.execute(query).all():
        moved = update(reviews).where(reviews.c.id == number).values(owner_id=owner)
        connection.execute(moved)


def _keep(connection: Connection, studios: Any, people: list[int]) -> None:
    words = (reviews.c.rating, reviews.c.content, reviews.c.status, reviews.c.created_at)
    query = (
        select(reviews.c.reviewer_id, studios.c.id, studios.c.name, *words)
        .join_from(reviews, studios, studios.c.id == reviews.c.studio_id)
        .where(studios.c.owner.in_(people), reviews.c.reviewer_id.not_in(people))
    )
    at = now()
    rows = [
        {
            "id": str(uuid4()),
            "user_id": author,
            "studio_number": studio,
            "studio_name": name,
            "rating": rating,
            "content": content,
            "status": status,
            "written_at": written_at,
            "removed_at": at,
        }
        for author, studio, name, rating, content, status, written_at in connection.execute(query)
    ]
    if rows:
        connection.execute(insert(records), rows)
