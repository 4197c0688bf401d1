"""Rows of a table, a batch at a time, in the order of its key: memory stays flat."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    String,
    TableClause,
    bindparam,
    column,
    inspect,
    select,
    table,
    tuple_,
    update,
)

from portal.core.errors import Refused
from portal.databases.engines import engine_for

AT_ONCE = 1000


@dataclass(frozen=True)
class Shape:
    """A table as it stands, `words` for people: columns with whether they may be NULL, and how
    long a text may be."""

    words: str
    name: str
    schema: str | None
    keys: list[str]
    columns: dict[str, dict[str, Any]]
    unique: frozenset[str]

    @property
    def clause(self) -> TableClause:
        return table(self.name, *map(column, self.columns), schema=self.schema)

    def is_nullable(self, name: str) -> bool:
        return bool(self.columns[name]["nullable"])

    def may_be_blank(self, name: str) -> bool:
        """As NULL, or as a text without characters."""
        return self.is_nullable(name) or isinstance(self.columns[name]["type"], String)

    def longest(self, name: str) -> int | None:
        length: int | None = getattr(self.columns[name]["type"], "length", None)
        return length


def shape_of(connection: Connection, words: str) -> Shape:
    """`words`: the table as its engine calls it, with its schema where it is another one."""
    looked = inspect(connection)
    place = engine_for(connection.engine.url).shape_of(connection, words)
    name, where = place.name, place.schema
    alone: list[list[Any]] = [
        list(each["column_names"]) for each in looked.get_unique_constraints(name, schema=where)
    ]
    alone += [
        list(each["column_names"])
        for each in looked.get_indexes(name, schema=where)
        if each["unique"]
    ]
    return Shape(
        words=words,
        name=name,
        schema=where,
        keys=place.keys,
        columns={each["name"]: dict(each) for each in looked.get_columns(name, schema=where)},
        unique=frozenset(names[0] for names in alone if len(names) == 1 and names[0]),
    )


def batches(
    connection: Connection, shape: Shape, columns: Sequence[str]
) -> Iterator[list[Row[Any]]]:
    """Keys first, then `columns`. Each batch is a query of its own, so rows may change meanwhile.

    Raises Refused for a table without a key.
    """
    if not shape.keys:
        raise Refused(
            f"Table {shape.words} has no key, so its rows can't be looked at one by one.",
            way_out="Give it a primary key.",
        )
    rows = shape.clause
    keys = [rows.c[each] for each in shape.keys]
    query = select(*keys, *(rows.c[each] for each in columns)).order_by(*keys).limit(AT_ONCE)
    last: tuple[Any, ...] | None = None
    while True:
        found = connection.execute(query.where(_after(keys, last)) if last else query).all()
        if not found:
            return
        yield list(found)
        last = tuple(found[-1][: len(keys)])


def write_back(
    connection: Connection, shape: Shape, columns: Sequence[str], rows: list[dict[str, Any]]
) -> None:
    """`rows`: by `key_…` and `new_…`."""
    if not rows:
        return
    into = shape.clause
    this = [into.c[each] == bindparam(f"key_{each}") for each in shape.keys]
    values: dict[str, Any] = {each: bindparam(f"new_{each}") for each in columns}
    connection.execute(update(into).where(*this).values(values), rows)


def _after(keys: list[Any], last: tuple[Any, ...]) -> ColumnElement[bool]:
    if len(keys) == 1:
        after: ColumnElement[bool] = keys[0] > last[0]
        return after
    return tuple_(*keys) > tuple_(*last)
