"""The result types: kinds of statements, what is done to which table, and how far it reaches."""

from dataclasses import dataclass, replace
from enum import StrEnum


class Kind(StrEnum):
    READ = "read"
    ROWS = "data change"
    SCHEMA = "schema change"
    SESSION = "session"
    TRANSACTION = "transaction"
    EFFECT = "effect beside rows and schema"
    UNKNOWN = "not understood"


class ActionKind(StrEnum):
    """`CHANGE` is any other schema change."""

    CREATE_TABLE = "create table"
    DROP_TABLE = "drop table"
    RENAME_TABLE = "rename table"
    ADD_COLUMN = "add column"
    ADD_REQUIRED = "add required column"
    DROP_COLUMN = "drop column"
    RENAME_COLUMN = "rename column"
    REQUIRE = "set not null"
    RETYPE = "change type"
    INDEX = "create index"
    CONSTRAIN = "add constraint"
    DROP_SCHEMA = "drop schema"
    CHANGE = "change schema"
    INSERT = "insert rows"
    REPLACE = "replace rows"
    UPDATE = "update rows"
    DELETE = "delete rows"
    TRUNCATE = "empty table"


class RowScope(StrEnum):
    """How far the condition of an UPDATE or DELETE reaches."""

    ABSENT = "no condition"
    ALWAYS = "a condition that always holds"
    NOT_NULL = "only that a column is not null"
    SOME = "some rows"


@dataclass(frozen=True)
class Table:
    name: str
    schema: str | None = None

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name


@dataclass(frozen=True)
class Action:
    """One thing done to one table.

    `to`: a renamed table's new name. `column`: also the one that a NOT_NULL is about. `cascades`:
    dependent objects are affected too. `waits`: it blocks writers; of an index or constraint.
    """

    kind: ActionKind
    table: Table
    column: str | None = None
    to: str | None = None
    where: RowScope | None = None
    cascades: bool = False
    waits: bool = True


@dataclass(frozen=True)
class Sql:
    """`calls`: functions that are not known to be free of effects. `unknown`: statements that were
    not understood, as they were written.
    """

    kinds: frozenset[Kind] = frozenset()
    actions: tuple[Action, ...] = ()
    tables: frozenset[Table] = frozenset()
    calls: frozenset[str] = frozenset()
    unknown: tuple[str, ...] = ()

    @property
    def is_read(self) -> bool:
        """Whether it is proven to be a read, or empty."""
        return self.kinds <= {Kind.READ}

    def __add__(self, other: "Sql") -> "Sql":
        return Sql(
            self.kinds | other.kinds,
            self.actions + other.actions,
            self.tables | other.tables,
            self.calls | other.calls,
            self.unknown + other.unknown,
        )

    def also(self, *kinds: Kind) -> "Sql":
        return replace(self, kinds=self.kinds.union(kinds))


NOTHING = Sql()


def of_kind(kind: Kind, *actions: Action) -> Sql:
    """A statement of one kind; its tables are those of its actions."""
    tables = frozenset(each.table for each in actions if each.table.name)
    return Sql(frozenset({kind}), actions, tables)


def not_understood(text: str) -> Sql:
    return Sql(frozenset({Kind.UNKNOWN}), unknown=(" ".join(text.split()),))


@dataclass(frozen=True)
class CombinedQuery:
    """A statement that returns one row; `asked`: the indexes of the queries its columns answer."""

    sql: str
    asked: tuple[int, ...]
