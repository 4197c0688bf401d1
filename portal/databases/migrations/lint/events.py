"""What a revision does, as events, derived from Alembic's operations and from plain SQL."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from alembic.operations import ops

from portal.databases.migrations.sql import Action, ActionKind, RowScope, classify
from portal.databases.migrations.statements import label


class EventKind(StrEnum):
    CREATE_TABLE = "create table"
    DROP_TABLE = "drop table"
    RENAME_TABLE = "rename table"
    ADD_REQUIRED = "add required column"
    DROP_COLUMN = "drop column"
    RENAME_COLUMN = "rename column"
    REQUIRE = "set not null"
    RETYPE = "change type"
    INDEX = "create index"
    CONSTRAIN = "add constraint"
    DELETE = "delete rows"
    UPDATE = "update rows"
    REPLACE = "replace rows"
    REBUILD = "rebuild table"
    DROP_SCHEMA = "drop schema"
    CASCADE = "drop with cascade"
    CALL = "call"
    UNKNOWN = "not understood"


@dataclass(frozen=True)
class Event:
    """One thing done to a table, and the line of the revision's file that does it.

    `to`: the new name of a renamed table. `where`: how far a DELETE or UPDATE reaches. `text`: what
    was not understood, or the function that is called.
    """

    kind: EventKind
    table: str
    column: str | None = None
    to: str | None = None
    where: RowScope | None = None
    text: str | None = None
    line: int = 0


OWN = "_alembic_tmp_"
SEEN = {
    **{ActionKind(kind.value): kind for kind in EventKind if kind.value in set(ActionKind)},
    ActionKind.TRUNCATE: EventKind.DELETE,
}
KNOWN_CALLS = frozenset(
    {
        *("currval", "lastval", "nextval", "pg_advisory_lock", "pg_advisory_xact_lock"),
        *("pg_catalog.set_config", "pg_catalog.setval", "pg_notify", "pg_try_advisory_xact_lock"),
        *("set_config", "setval"),
    }
)
"""Kinds with an effect, but none on rows or the schema."""


def of_sql(text: str, dialect: str) -> Iterator[Event]:
    """The events of one or more statements of plain SQL; what wasn't understood is an event too."""
    understood = classify(text, dialect)
    for action in understood.actions:
        yield from _of_action(action)
    for name in sorted(understood.calls - KNOWN_CALLS):
        yield Event(EventKind.CALL, "", text=name)
    for statement in understood.unknown:
        yield Event(EventKind.UNKNOWN, "", text=label(statement))


def of_operation(operation: ops.MigrateOperation, dialect: str) -> Iterator[Event]:
    """The events of one of Alembic's operations; of `op.execute`, those of its SQL."""
    if isinstance(operation, ops.ExecuteSQLOp):
        yield from of_sql(str(operation.sqltext), dialect)
    elif isinstance(operation, ops.AlterColumnOp):
        yield from _alterations(operation)
    elif isinstance(operation, ops.RenameTableOp):
        yield Event(EventKind.RENAME_TABLE, operation.table_name, to=operation.new_table_name)
    elif kind := _simple(operation):
        yield Event(kind, _table(operation), _column(operation))


def _of_action(action: Action) -> Iterator[Event]:
    table, kind = action.table.name, SEEN.get(action.kind)
    if action.cascades:
        yield Event(EventKind.CASCADE, table or "what is dropped", action.column)
    if table.startswith(OWN):
        if kind is EventKind.CREATE_TABLE:
            yield Event(EventKind.REBUILD, table.removeprefix(OWN))
    elif kind and action.waits and not (kind is EventKind.UPDATE and action.where is RowScope.SOME):
        where = RowScope.ABSENT if action.kind is ActionKind.TRUNCATE else action.where
        yield Event(kind, table, action.column, action.to, where)


def _simple(operation: ops.MigrateOperation) -> EventKind | None:
    if isinstance(operation, ops.AddColumnOp):
        column = operation.column
        needs = not column.nullable and column.server_default is None and column.computed is None
        return EventKind.ADD_REQUIRED if needs else None
    if isinstance(operation, ops.CreateIndexOp):
        return None if operation.kw.get("postgresql_concurrently") else EventKind.INDEX
    if isinstance(operation, ops.AddConstraintOp):
        return None if _is_not_valid(operation) else EventKind.CONSTRAIN
    kinds: tuple[tuple[type[ops.MigrateOperation], EventKind], ...] = (
        (ops.CreateTableOp, EventKind.CREATE_TABLE),
        (ops.DropTableOp, EventKind.DROP_TABLE),
        (ops.DropColumnOp, EventKind.DROP_COLUMN),
    )
    return next((kind for each, kind in kinds if isinstance(operation, each)), None)


def _alterations(operation: ops.AlterColumnOp) -> Iterator[Event]:
    found = {
        EventKind.RENAME_COLUMN: operation.modify_name is not None,
        EventKind.RETYPE: operation.modify_type is not None,
        EventKind.REQUIRE: operation.modify_nullable is False,
    }
    for kind, holds in found.items():
        if holds:
            yield Event(kind, operation.table_name, operation.column_name)


def _is_not_valid(operation: Any) -> bool:
    return bool(getattr(operation, "kw", {}).get("postgresql_not_valid"))


def _table(operation: Any) -> str:
    for name in ("table_name", "source_table"):
        if found := getattr(operation, name, None):
            return str(found)
    return str(getattr(operation, "kw", {}).get("source_table", ""))


def _column(operation: Any) -> str | None:
    if isinstance(operation, ops.DropColumnOp):
        return operation.column_name
    if isinstance(operation, ops.AddColumnOp):
        return str(operation.column.name)
    return None
