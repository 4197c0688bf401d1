"""The derived tables that this release knows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, func, select, union_all

from portal.databases.engines.derived import is_derived

Among = Callable[[Any], ColumnElement[bool]]
"""A set of studios: given a column with their ids, the condition on it."""


@dataclass(frozen=True)
class Derived:
    """Values about studios in tables of their own, computed from other rows.

    `follows`: the source tables. `rule`: its version, increased whenever the same rows give another
    result; data of another rule is not used. `take_out` reverts what `put_in` did for these
    studios: it is called before their rows change, and `put_in` afterwards. With `change`, it only
    returns what is there by studio, and `change` is called with it in place of `put_in`, to
    write what differs; a source table may then also be one of a person (`user_id`), or of a studio
    by its number (`studio_number`). `differing` counts the wrong rows. `is_seen`: pages look
    different with it.
    """

    name: str
    rule: int
    tables: tuple[Table, ...]
    follows: frozenset[str]
    take_out: Callable[[Connection, Among], Mapping[int, Any] | None]
    put_in: Callable[[Connection, Among], None]
    differing: Callable[[Connection], int]
    is_seen: bool = False
    change: Callable[[Connection, Among, Mapping[int, Any]], None] | None = None


_known: dict[str, Derived] = {}


def register(derived: Derived) -> Derived:
    """Raises ValueError for tables that the guard would treat as content."""
    if unnamed := [each.name for each in derived.tables if not is_derived(each.name)]:
        raise ValueError(f"Name {', '.join(unnamed)} in portal/databases/engines/derived.py.")
    _known[derived.name] = derived
    return derived


def all_derived() -> list[Derived]:
    return list(_known.values())


def rows_differing(
    connection: Connection, kept: Select[*tuple[Any, ...]], found: Select[*tuple[Any, ...]]
) -> int:
    """The number of rows that are in only one of the two. One statement, so it sees one state."""
    only = [one.except_(other).subquery() for one, other in ((kept, found), (found, kept))]
    both = union_all(*(select(each) for each in only)).subquery()
    return connection.scalar(select(func.count()).select_from(both)) or 0
