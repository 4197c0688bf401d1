"""What is kept, compared with what follows from the rows."""

from typing import Any

from sqlalchemy import Connection, Select, func, select, union_all


def rows_differing(
    connection: Connection, kept: Select[*tuple[Any, ...]], found: Select[*tuple[Any, ...]]
) -> int:
    """How many rows only one of both has. One statement, so that it sees one state."""
    only = [one.except_(other).subquery() for one, other in ((kept, found), (found, kept))]
    both = union_all(*(select(each) for each in only)).subquery()
    return connection.scalar(select(func.count()).select_from(both)) or 0
