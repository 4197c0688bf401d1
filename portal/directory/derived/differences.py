"""Compare stored derived rows with the rows computed from their sources."""

from typing import Any

from sqlalchemy import Connection, Select, func, select, union_all


def rows_differing(
    connection: Connection, kept: Select[*tuple[Any, ...]], found: Select[*tuple[Any, ...]]
) -> int:
    """The number of rows that are in only one of the two. One statement, so it sees one state."""
    only = [one.except_(other).subquery() for one, other in ((kept, found), (found, kept))]
    both = union_all(*(select(each) for each in only)).subquery()
    return connection.scalar(select(func.count()).select_from(both)) or 0
