"""What stands in the derived tables, and how it compares."""

from sqlalchemy import func, select

from portal.core.storage.database import db
from portal.databases.engines import engine_for
from portal.databases.engines.beside import portal_versions
from portal.databases.engines.derived import derived_state
from portal.databases.targets.config import Target
from portal.directory.derived.registry import all_derived


def whole(target: Target) -> set[str]:
    db.session.rollback()
    with engine_for(target.url).reading() as connection:
        rows = connection.execute(select(derived_state)).all()
    return {row.derived for row in rows if row.is_whole}


def differing(target: Target, among: set[str] | None = None) -> dict[str, int]:
    """The rows that differ, by what is derived; of all of it, or of those names."""
    db.session.rollback()
    wanted = [each for each in all_derived() if among is None or each.name in among]
    with engine_for(target.url).reading() as connection:
        found = {each.name: each.differing(connection) for each in wanted}
    return {name: rows for name, rows in found.items() if rows}


def content_version(target: Target) -> dict[int, int]:
    """Each scope's number."""
    db.session.rollback()
    numbers = portal_versions.c
    summed = select(numbers.scope, func.sum(numbers.number)).group_by(numbers.scope)
    with engine_for(target.url).reading() as connection:
        return {scope: int(number) for scope, number in connection.execute(summed)}


def by_hand(target: Target, *statements: str) -> None:
    with engine_for(target.url).changing() as connection:
        for each in statements:
            connection.exec_driver_sql(each)
