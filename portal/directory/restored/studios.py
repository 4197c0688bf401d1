"""Takes studios out of sight again that staff have hidden or deleted since a backup.

The database may be at any revision since the legacy one. A studio is known by its number together
with its owner's number and time of creation, since a restored database may give a number again.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Table,
    column,
    func,
    insert,
    select,
    table,
    update,
)

from portal.databases.engines.sharing import has_table
from portal.directory.claims.models import StudioRestriction
from portal.directory.history.drained import StudioEnding
from portal.directory.models import StudioProfile, StudioStatus, User, is_listed_row

restrictions = cast(Table, StudioRestriction.__table__)
users = cast(Table, User.__table__)
profiles = cast(Table, StudioProfile.__table__)
LEGACY = table("studios", column("id"), column("owner_id"), column("status"))
BECAUSE = (
    "The site’s staff decided so before the site’s data was restored. Ask them for the reason."
)
WORDS = {
    StudioEnding.HIDDEN: ("hidden", "hidden_at"),
    StudioEnding.DELETED: ("deleted", "deleted_at"),
}


@dataclass(frozen=True)
class EndedStudio:
    ending: StudioEnding
    number: int | None
    user_id: int | None
    user_created_at: datetime | None
    at: datetime


def end_studios_again(
    connection: Connection, endings: Iterable[EndedStudio]
) -> tuple[list[str], list[str]]:
    """What was done again, and what could not be; a sentence each. `endings`: in the order in which
    they happened; of each studio the last one counts."""
    last = {each.number: each for each in endings}
    left = [each for each in last.values() if each.ending in WORDS]
    done = dict.fromkeys(WORDS, 0)
    unsure = list[int | None]()
    for each in left:
        if not _is_the_same(connection, each):
            unsure.append(each.number)
        elif _take_away(connection, each):
            done[each.ending] += 1
    return _applied(done), _missing(unsure)


def _is_the_same(connection: Connection, each: EndedStudio) -> bool:
    """False also where the studio belonged to somebody else at the time of the backup."""
    if each.number is None or each.user_id is None or each.user_created_at is None:
        return False
    query = select(users.c.created_at).where(users.c.id == each.user_id)
    if connection.scalar(query) != each.user_created_at:
        return False
    studios, owner = _studios(connection)
    found = select(func.count()).where(studios.c.id == each.number, owner == each.user_id)
    return bool(connection.scalar(found))


def _studios(connection: Connection) -> tuple[FromClause, ColumnElement[int]]:
    if has_table(connection, profiles.name):
        return profiles, profiles.c.user_id
    return LEGACY, LEGACY.c.owner_id


def _take_away(connection: Connection, each: EndedStudio) -> bool:
    """Whether it was not so already."""
    studios, _ = _studios(connection)
    mine = studios.c.id == each.number
    if has_table(connection, restrictions.name):
        row = connection.execute(
            select(restrictions).where(restrictions.c.user_id == each.user_id)
        ).one_or_none()
        name = WORDS[each.ending][1]
        if row is not None and getattr(row, name) is not None:
            return False
        _note(connection, each, name, is_there=row is not None)
    elif connection.scalar(select(studios.c.status).where(mine)) == StudioStatus.INACTIVE:
        return False
    connection.execute(
        update(cast(Table, studios)).where(mine).values(status=StudioStatus.INACTIVE.value)
    )
    if each.ending is StudioEnding.DELETED and studios is profiles:
        connection.execute(update(profiles).where(mine).values(is_profile_visible=False))
    return True


def _note(connection: Connection, each: EndedStudio, name: str, *, is_there: bool) -> None:
    values = {name: each.at, "because": BECAUSE, "former": _former(connection, each)}
    if is_there:
        whose = restrictions.c.user_id == each.user_id
        connection.execute(update(restrictions).where(whose).values(values))
    else:
        connection.execute(insert(restrictions).values({"user_id": each.user_id, **values}))


def _former(connection: Connection, each: EndedStudio) -> dict[str, object]:
    """As `portal.directory.batches.acts` keeps it: what it goes back to."""
    query = select(profiles.c.status, profiles.c.is_profile_visible)
    row = connection.execute(query.where(profiles.c.id == each.number)).one()
    return {
        "status": row.status.value,
        "is_profile_visible": row.is_profile_visible,
        "was_listed": is_listed_row(row),
    }


def _applied(done: dict[StudioEnding, int]) -> list[str]:
    named = [
        f"{number} {'studio was' if number == 1 else 'studios were'} {WORDS[ending][0]} again"
        for ending, number in done.items()
        if number
    ]
    return [f"{' and '.join(named)}, as staff had done since the backup."] if named else []


def _missing(numbers: list[int | None]) -> list[str]:
    if not numbers:
        return []
    known = ", ".join(str(each) for each in sorted(filter(None, numbers))) or "without a number"
    sentence = (
        f"{len(numbers)} of the studios that staff had taken out of sight could not be, since this"
        f" backup has another studio, or another owner, by that number: look at studio {known}."
    )
    return [sentence]
