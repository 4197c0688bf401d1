"""What waits for staff in the demo's development: reviews, a report, an imported studio without an
owner. No studio and no person is added."""

from datetime import timedelta
from typing import cast
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import Connection, Table, func, insert, select, update

from portal.core.clock import now
from portal.core.storage.database import moderation_tables
from portal.databases.engines.sharing import has_table
from portal.directory.claims.models import Origin
from portal.directory.claims.placeholders import NO_HASH
from portal.directory.demo.people import NO_PASSWORD
from portal.directory.models import Review, ReviewStatus, StudioProfile, User
from portal.directory.reports.models import Report, ReportAbout
from portal.directory.reports.problems import Problem
from portal.directory.reviews.models import OwnReview
from portal.directory.users.placeholder_addresses import DOMAIN
from portal.directory.visibility import is_listed

users, studios, reviews = (cast(Table, model.__table__) for model in (User, StudioProfile, Review))
own_reviews, origins, reports = (
    cast(Table, model.__table__) for model in (OwnReview, Origin, Report)
)
FEWEST = 9
"""Studios of a demo that is large enough to show something."""
WAITING = (
    (5, "Quiet room, quick answers, and the takes were in my inbox before I was on the train."),
    (2, "The booth was fine. The session began 40 minutes late, and nobody said why."),
    (1, "BEST PRICES for voice overs, call me now, much cheaper than this place!!!"),
)


def fill_for_staff(connection: Connection) -> bool:
    """Once, where the tables are there and empty. The caller commits."""
    if not all(has_table(connection, name) for name in moderation_tables()):
        return False
    used = [connection.scalar(select(func.count()).select_from(each))
            for each in (own_reviews, origins, reports)]  # fmt: skip
    listed = _listed(connection)
    if any(used) or len(listed) < FEWEST:
        return False
    _write_reviews(connection, listed)
    _report(connection, listed[2][0])
    _take_from_owner(connection, *listed[-1])
    return True


def _listed(connection: Connection) -> list[tuple[int, int]]:
    """Studio and owner, of the demo's people, who have no password."""
    query = (
        select(studios.c.id, studios.c.user_id)
        .join(users, users.c.id == studios.c.user_id)
        .where(is_listed(), users.c.password_hash == NO_PASSWORD)
    )
    return [(row.id, row.user_id) for row in connection.execute(query.order_by(studios.c.id))]


def _write_reviews(connection: Connection, listed: list[tuple[int, int]]) -> None:
    """Each by an owner about the studio of another one, whom they have not reviewed."""
    for at, (rating, content) in enumerate(WAITING):
        (number, owner), (_, author) = listed[at + 3], listed[at + 4]
        known = select(reviews.c.id).where(
            reviews.c.studio_id == number, reviews.c.reviewer_id == author
        )
        if connection.execute(known).first():
            continue
        written = now() - timedelta(hours=3 * at + 1)
        times = {"created_at": written, "updated_at": written}
        row = {
            "studio_id": number, "reviewer_id": author, "owner_id": owner, "rating": rating,
            "content": content, "is_anonymous": False, "status": ReviewStatus.PENDING, **times,
        }  # fmt: skip
        key = connection.execute(insert(reviews).values(row)).inserted_primary_key
        review = key[0] if key else None
        own = {"user_id": author, "studio_number": number, "review_number": review}
        connection.execute(insert(own_reviews).values(**own, submitted_at=written))


def _report(connection: Connection, number: int) -> None:
    values = {
        "id": str(uuid5(NAMESPACE_URL, f"report/{number}")), "about": ReportAbout.STUDIO,
        "studio_number": number, "email": "visitor@example.org", "problem": Problem.CLOSED.value,
        "body": "I rang twice: it is a bakery now.", "created_at": now() - timedelta(hours=5),
    }  # fmt: skip
    connection.execute(insert(reports).values(values))


def _take_from_owner(connection: Connection, number: int, owner: int) -> None:
    """The last studio, as if it came from a file."""
    mine = users.c.id == owner
    name = connection.scalar(select(studios.c.name).where(studios.c.id == number))
    connection.execute(
        update(users)
        .where(mine)
        .values(
            email=f"imported-{uuid5(NAMESPACE_URL, f'demo/{number}')}@{DOMAIN}",
            username=f"imported-{number}", display_name=name, password_hash=NO_HASH,
            email_verified=False,
        )
    )  # fmt: skip
    values = {
        "user_id": owner, "studio_number": number, "key": f"demo/{number}",
        "email": "studio@example.org", "fingerprint": "", "imported_at": now(),
    }  # fmt: skip
    connection.execute(insert(origins).values(values))
