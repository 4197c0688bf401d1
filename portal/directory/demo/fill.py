"""Write the demo's people, studios and reviews into a database with the legacy schema."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Boolean, Connection, TableClause, column, insert, table, text

from portal.core.storage.database import UtcDateTime
from portal.directory.demo.extras import images, reviews_and_responses, services, types
from portal.directory.demo.people import Crowd, Person, Row

AT_ONCE = 1000
COLUMN_TYPES: dict[type, Any] = {bool: Boolean(), datetime: UtcDateTime()}
WITH_GIVEN_IDS = ("users", "user_profiles", "studios", "reviews")


def fill_legacy(
    connection: Connection, *, studios: int = 642, owner: tuple[str, str] | None = None
) -> None:
    """Fill empty tables of revision 0001. The caller commits.

    642 studios come with 36 profiles without a studio and one user with neither; other numbers
    scale proportionally. `owner` is the email and the password hash of user 1, who has a studio.
    """
    crowd = Crowd(owner)
    everybody = _people(crowd, studios)
    written = 0
    while some := list(islice(everybody, AT_ONCE)):
        written += len(some)
        _write(connection, crowd, some, users_so_far=written)
    if connection.dialect.name == "postgresql":
        _move_sequences(connection)


def _people(crowd: Crowd, studios: int) -> Iterator[Person]:
    """Profiles without a studio are spread evenly; the last user has neither."""
    drafts = round(studios * 36 / 642)
    total = studios + drafts
    for number in range(1, total + 1):
        is_draft = number * drafts // total > (number - 1) * drafts // total
        yield crowd.person(number, has_profile=True, has_studio=not is_draft)
    yield crowd.person(total + 1, has_profile=False, has_studio=False)


def _write(
    connection: Connection, crowd: Crowd, people: list[Person], *, users_so_far: int
) -> None:
    owners = [person for person in people if person.studio]
    _insert(connection, "users", (person.user for person in people))
    _insert(connection, "user_profiles", (person.profile for person in people if person.profile))
    _insert(connection, "studios", (person.studio for person in owners if person.studio))
    _insert(connection, "studio_images", (row for person in owners for row in images(person)))
    _insert(connection, "studio_services", (row for person in owners for row in services(person)))
    _insert(connection, "studio_studio_types", (row for person in owners for row in types(person)))
    reviews, responses = reviews_and_responses(crowd, owners, users=users_so_far)
    _insert(connection, "reviews", reviews)
    _insert(connection, "review_responses", responses)


def _insert(connection: Connection, name: str, rows: Iterable[Row]) -> None:
    rows = list(rows)
    if rows:
        connection.execute(insert(_table(name, rows[0])), rows)


def _table(name: str, row: Row) -> TableClause:
    """A table with the columns of these rows; omitted columns keep the database's defaults."""
    return table(name, *(column(key, COLUMN_TYPES.get(type(row[key]))) for key in row))


def _move_sequences(connection: Connection) -> None:
    """Advance PostgreSQL's sequences past the ids that were inserted explicitly."""
    for name in WITH_GIVEN_IDS:
        connection.execute(
            text(
                f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), max(id))"  # noqa: S608
                f" FROM {name} HAVING max(id) IS NOT NULL"
            )
        )
