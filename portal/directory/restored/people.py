"""Whom an ending is about, in a restored directory.

A number of `users` is never given twice while a directory goes on, but a restored one may give it
to somebody else. So a person is known by number and time of creation, which never change.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import Connection, Table, select

from portal.directory.models import User
from portal.directory.users.ended import EndedKind

AT_ONCE = 500
users = cast(Table, User.__table__)


@dataclass(frozen=True)
class Ending:
    kind: EndedKind
    user_id: int
    created_at: datetime | None
    """Of the row in `users`; None if the event did not say it."""
    at: datetime
    password_hash: str | None = None


def present(connection: Connection, endings: Iterable[Ending]) -> list[Ending]:
    """Those about somebody who is in this directory; without those whose person is not known."""
    known = [each for each in endings if each.created_at]
    created = _created(connection, sorted({each.user_id for each in known}))
    return [each for each in known if created.get(each.user_id) == each.created_at]


def uncertain(connection: Connection, endings: Iterable[Ending]) -> list[Ending]:
    """Those that do not say whom they are about, while there is somebody with that number."""
    unknown = [each for each in endings if each.created_at is None]
    created = _created(connection, sorted({each.user_id for each in unknown}))
    return [each for each in unknown if each.user_id in created]


def _created(connection: Connection, ids: list[int]) -> dict[int, datetime | None]:
    found: dict[int, datetime | None] = {}
    for begin in range(0, len(ids), AT_ONCE):
        some = users.c.id.in_(ids[begin : begin + AT_ONCE])
        query = select(users.c.id, users.c.created_at).where(some)
        found |= {row.id: row.created_at for row in connection.execute(query)}
    return found
