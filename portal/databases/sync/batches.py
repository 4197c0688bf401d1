"""Both sides of the way of a row, and a table as its history makes it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, Inspector, String, inspect

from portal.databases.engines import engine_for
from portal.databases.engines.base import DatabaseEngine
from portal.databases.engines.transfer import Transfer

AT_ONCE = 4000
"""Rows; memory stays flat."""


@dataclass(frozen=True)
class Side:
    """A database that rows are read from, or written into, on an open connection."""

    engine: DatabaseEngine
    transfer: Transfer
    connection: Connection

    def rows(self, table: str, columns: Sequence[str]) -> Iterator[list[tuple[Any, ...]]]:
        return self.transfer.rows(self.connection, table, columns, size=AT_ONCE)


class Referred(NamedTuple):
    """The column that a foreign key leads to, where it stands."""

    schema: str | None
    table: str
    column: str

    @property
    def words(self) -> str:
        return self.table if self.schema in {None, "public"} else f"{self.schema}.{self.table}"


@dataclass(frozen=True)
class Shape:
    """A table as it stands, `words` for people: columns with whether they may be NULL, and how
    long a text may be. `refers`: whose key a column holds, by foreign keys."""

    words: str
    name: str
    schema: str | None
    keys: list[str]
    columns: dict[str, dict[str, Any]]
    unique: frozenset[str]
    refers: dict[str, Referred]

    def is_nullable(self, name: str) -> bool:
        return bool(self.columns[name]["nullable"])

    def may_be_blank(self, name: str) -> bool:
        """As NULL, or as a text without characters."""
        return self.is_nullable(name) or isinstance(self.columns[name]["type"], String)

    def longest(self, name: str) -> int | None:
        length: int | None = getattr(self.columns[name]["type"], "length", None)
        return length

    def is_written(self, name: str) -> bool:
        """Whether it is there, and not made by the database itself of other columns."""
        return name in self.columns and not self.columns[name].get("computed")


def shape_of(connection: Connection, words: str) -> Shape:
    """`words`: the table as its engine calls it, with its schema where it is another one."""
    looked = inspect(connection)
    place = engine_for(connection.engine.url).shape_of(connection, words)
    name, schema = place.name, place.schema
    alone: list[list[Any]] = [
        list(each["column_names"]) for each in looked.get_unique_constraints(name, schema=schema)
    ]
    alone += [
        list(each["column_names"])
        for each in looked.get_indexes(name, schema=schema)
        if each["unique"]
    ]
    return Shape(
        words=words,
        name=name,
        schema=schema,
        keys=place.keys,
        columns={each["name"]: dict(each) for each in looked.get_columns(name, schema=schema)},
        unique=frozenset(names[0] for names in alone if len(names) == 1 and names[0]),
        refers=_refers(looked, name, schema),
    )


def place_of(connection: Connection, words: str) -> tuple[str | None, str]:
    """Schema and name of a table by its name for people."""
    place = engine_for(connection.engine.url).shape_of(connection, words)
    return place.schema, place.name


def _refers(looked: Inspector, name: str, schema: str | None) -> dict[str, Referred]:
    return {
        column: Referred(key["referred_schema"], key["referred_table"], other)
        for key in looked.get_foreign_keys(name, schema=schema)
        for column, other in zip(key["constrained_columns"], key["referred_columns"], strict=False)
    }
