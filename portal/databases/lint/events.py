"""What a revision does, as events, told from Alembic's operations and from plain SQL."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from alembic.operations import ops


class Did(StrEnum):
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
    REBUILD = "rebuild table"


@dataclass(frozen=True)
class Event:
    """One thing done to a table, and the line of the revision's file that asked for it.

    `to`: the new name of a renamed table.
    """

    did: Did
    table: str
    column: str | None = None
    to: str | None = None
    line: int = 0


NAME = r'(?:"?[\w$]+"?\.)?"?([\w$]+)"?'
TABLE = rf"ALTER TABLE (?:IF EXISTS )?(?:ONLY )?{NAME} "
KINDS = "UNIQUE|CHECK|FOREIGN|PRIMARY"
PATTERNS: tuple[tuple[Did, str], ...] = (
    (Did.REBUILD, r'CREATE TABLE "?_alembic_tmp_([\w$]+)"?'),
    (Did.CREATE_TABLE, rf"CREATE TABLE (?:IF NOT EXISTS )?{NAME}"),
    (Did.DROP_TABLE, rf"DROP TABLE (?:IF EXISTS )?{NAME}"),
    (Did.RENAME_TABLE, rf"{TABLE}RENAME TO {NAME}"),
    (Did.RENAME_COLUMN, rf"{TABLE}RENAME (?:COLUMN )?(?!TO |CONSTRAINT ){NAME} TO "),
    (Did.DROP_COLUMN, rf"{TABLE}DROP (?:COLUMN )?(?:IF EXISTS )?(?!CONSTRAINT ){NAME}"),
    (
        Did.CONSTRAIN,
        rf"{TABLE}ADD (?:CONSTRAINT \S+ )?(?:{KINDS}|EXCLUDE)\b(?!.*NOT VALID)",
    ),
    (
        Did.ADD_REQUIRED,
        (
            rf"{TABLE}ADD (?:COLUMN )?(?:IF NOT EXISTS )?(?!CONSTRAINT |{KINDS}){NAME} "
            r"(?=.*\bNOT NULL\b)(?!.*\bDEFAULT\b)"
        ),
    ),
    (Did.RETYPE, rf"{TABLE}ALTER (?:COLUMN )?{NAME} (?:SET DATA )?TYPE "),
    (Did.REQUIRE, rf"{TABLE}ALTER (?:COLUMN )?{NAME} SET NOT NULL"),
    (
        Did.INDEX,
        rf"CREATE (?:UNIQUE )?INDEX (?!CONCURRENTLY)(?:IF NOT EXISTS )?\S+ ON (?:ONLY )?{NAME}",
    ),
    (Did.DELETE, rf"(?:DELETE FROM|TRUNCATE(?: TABLE)?) (?:ONLY )?{NAME}"),
)
COMPILED = tuple((did, re.compile(pattern, re.IGNORECASE | re.DOTALL)) for did, pattern in PATTERNS)
OWN = "_alembic_tmp_"


def of_sql(text: str) -> Iterator[Event]:
    """The events of one or more statements of plain SQL."""
    for statement in text.split(";"):
        line = " ".join(statement.split())
        for did, pattern in COMPILED:
            found = pattern.match(line)
            if found and not (did is not Did.REBUILD and found[1].startswith(OWN)):
                second = found[2] if pattern.groups > 1 else None
                if did is Did.RENAME_TABLE:
                    yield Event(did, found[1], to=second)
                else:
                    yield Event(did, found[1], second)
                break


def of_operation(operation: ops.MigrateOperation) -> Iterator[Event]:
    """The events of one of Alembic's operations; of `op.execute`, those of its SQL."""
    if isinstance(operation, ops.ExecuteSQLOp):
        yield from of_sql(str(operation.sqltext))
    elif isinstance(operation, ops.AlterColumnOp):
        yield from _alterations(operation)
    elif isinstance(operation, ops.RenameTableOp):
        yield Event(Did.RENAME_TABLE, operation.table_name, to=operation.new_table_name)
    elif did := _simple(operation):
        yield Event(did, _table(operation), _column(operation))


def _simple(operation: ops.MigrateOperation) -> Did | None:
    if isinstance(operation, ops.AddColumnOp):
        column = operation.column
        needs = not column.nullable and column.server_default is None and column.computed is None
        return Did.ADD_REQUIRED if needs else None
    if isinstance(operation, ops.CreateIndexOp):
        return None if operation.kw.get("postgresql_concurrently") else Did.INDEX
    if isinstance(operation, ops.AddConstraintOp):
        return None if _is_not_valid(operation) else Did.CONSTRAIN
    kinds: tuple[tuple[type[ops.MigrateOperation], Did], ...] = (
        (ops.CreateTableOp, Did.CREATE_TABLE),
        (ops.DropTableOp, Did.DROP_TABLE),
        (ops.DropColumnOp, Did.DROP_COLUMN),
    )
    return next((did for kind, did in kinds if isinstance(operation, kind)), None)


def _alterations(operation: ops.AlterColumnOp) -> Iterator[Event]:
    found = {
        Did.RENAME_COLUMN: operation.modify_name is not None,
        Did.RETYPE: operation.modify_type is not None,
        Did.REQUIRE: operation.modify_nullable is False,
    }
    for did, holds in found.items():
        if holds:
            yield Event(did, operation.table_name, operation.column_name)


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
