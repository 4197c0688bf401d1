"""One fact of a schema, such as a trigger, a default or the value of a counter."""

from dataclasses import dataclass, replace
from typing import NamedTuple

OF_COLUMN = frozenset({"NULL", "default", "collation", "generated", "identity", "comment"})
"""Attributes of a column besides its type; always recorded: an added one is a change too."""
ABSENT = frozenset({"", "none", "BINARY", "NULL", "not at all", "that of its type"})
IN_TABLE = frozenset(
    {"column", "order", "primary key", "unique", "CHECK", "foreign key", "AUTOINCREMENT"}
    | {"option", "name"}
    | OF_COLUMN
)
"""What a CREATE TABLE spells out itself."""


class Key(NamedTuple):
    kind: str
    table: str
    name: str


@dataclass(frozen=True)
class Fact:
    """`text` is what is compared; `label` the name by which an operation can remove it.

    `columns`: the columns of the table that it is about, if it is about some and nothing else.
    """

    kind: str
    table: str
    name: str
    text: str = ""
    label: str | None = None
    columns: frozenset[str] = frozenset()

    @property
    def key(self) -> Key:
        return Key(self.kind, self.table, self.name)

    @property
    def column(self) -> str | None:
        return self.name if self.kind == "column" or self.kind in OF_COLUMN else None

    @property
    def words(self) -> str:
        """A description for display, as the subject of a sentence."""
        if self.kind in SHAPES:
            return SHAPES[self.kind].format(name=self.name, table=self.table)
        where = f" on {self.table}" if self.table and self.table != self.name else ""
        return f"{self.kind} {self.name}{where}"


SHAPES = {
    "column": "column {table}.{name}",
    "NULL": "whether {table}.{name} may be NULL",
    "default": "the default of {table}.{name}",
    "collation": "the collation of {table}.{name}",
    "generated": "how {table}.{name} is generated",
    "identity": "the identity of {table}.{name}",
    "comment": "the comment of {table}.{name}",
    "order": "the order of the columns of {table}",
    "primary key": "the primary key of {table}",
    "AUTOINCREMENT": "AUTOINCREMENT of {table}",
    "counter": "the counter of {name}",
    "unique": "UNIQUE ({name}) of {table}",
    "CHECK": "CHECK ({name}) of {table}",
    "foreign key": "the foreign key ({name}) of {table}",
    "option": "{name} of {table}",
    "name": "the name {name} of a constraint of {table}",
}

Facts = dict[Key, Fact]


def keyed(facts: list[Fact]) -> Facts:
    """The facts by key; two constraints on the same columns get two keys."""
    found: Facts = {}
    for fact in sorted(facts, key=lambda each: (each.key, each.text, each.label or "")):
        kept, number = fact, 1
        while kept.key in found:
            number += 1
            kept = replace(fact, name=f"{fact.name} [{number}]")
        found[kept.key] = kept
    return found
