"""Finds the rows of a database that can't be read, table by table."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from math import isfinite
from typing import Any, cast

from sqlalchemy import JSON, Column, Connection, Engine, Row, Table, select, tuple_
from sqlalchemy.exc import DataError, DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Mapper
from sqlalchemy.types import TypeDecorator

UNREADABLE = (ValueError, TypeError, LookupError, ArithmeticError, DataError)
"""What types and drivers raise for a value that they can't convert."""
MOST = 50_000
"""The newest rows of each table."""
AT_ONCE = 200
YEARS = range(2, 9999)
"""Of times that still are some in any time zone."""
OWN_WAY = frozenset({"backups", "backup_copies", "registered_targets", "control_room"})
"""Tables whose readers deal with a bad row by name (`backups.catalogue.rows`), or refuse for one:
without its row a database would be taken for an unknown one."""


@dataclass(frozen=True)
class OddRow:
    table: str
    key: tuple[Any, ...]
    why: str

    def __str__(self) -> str:
        key = ", ".join(map(str, self.key))
        return f"Row {key} of table {self.table} can’t be read: {self.why}"


def odd_rows(engine: Engine, mappers: Iterable[Mapper[Any]]) -> list[OddRow]:
    """Of all these tables; one that is not there has none. Raises the database's own errors."""
    found: list[OddRow] = []
    with engine.execution_options(only_reads=True).connect() as connection:
        for mapper in sorted(mappers, key=lambda each: str(each.local_table)):
            table = cast(Table, mapper.local_table)
            if table.name not in OWN_WAY and connection.dialect.has_table(connection, table.name):
                found += _odd_rows_of(connection, table, _shapes(mapper))
    return found


def still_odd(
    engine: Engine, mappers: Iterable[Mapper[Any]], known: Iterable[OddRow]
) -> list[OddRow]:
    """Those of the known rows that can't be read now either."""
    of = {cast(Table, each.local_table).name: each for each in mappers}
    with engine.execution_options(only_reads=True).connect() as connection:
        return [
            odd
            for row in known
            if (mapper := of.get(row.table)) is not None
            for odd in _odd_among(
                connection, cast(Table, mapper.local_table), [row.key], _shapes(mapper)
            )
        ]


def is_odd(error: BaseException) -> bool:
    """Whether a row may be the reason, rather than the database or the program."""
    return isinstance(error, UNREADABLE) or _is_no_text(error)


def _odd_rows_of(connection: Connection, table: Table, shapes: dict[str, type]) -> list[OddRow]:
    key = list(table.primary_key)
    newest = [each.desc() for each in key]
    try:
        rows = connection.execute(select(table).order_by(*newest).limit(MOST)).all()
    except (*UNREADABLE, DBAPIError, sqlite3.Error) as error:
        if not is_odd(error):
            raise
        found = connection.execute(select(*key).order_by(*newest).limit(MOST)).all()
        some = (found[at : at + AT_ONCE] for at in range(0, len(found), AT_ONCE))
        return [odd for keys in some for odd in _odd_among(connection, table, keys, shapes)]
    return list(_misshapen(table, rows, shapes))


def _odd_among(
    connection: Connection, table: Table, keys: Sequence[Sequence[Any]], shapes: dict[str, type]
) -> Iterator[OddRow]:
    """Halves what fails until single rows are left."""
    columns = list(table.primary_key)
    wanted = tuple_(*columns).in_([tuple(each) for each in keys])
    try:
        rows = connection.execute(select(table).where(wanted)).all()
    except (*UNREADABLE, DBAPIError, sqlite3.Error) as error:
        if not is_odd(error):
            raise
        if len(keys) == 1:
            yield OddRow(table.name, tuple(keys[0]), _why(error))
            return
        half = len(keys) // 2
        yield from _odd_among(connection, table, keys[:half], shapes)
        yield from _odd_among(connection, table, keys[half:], shapes)
        return
    yield from _misshapen(table, rows, shapes)


def _misshapen(table: Table, rows: Sequence[Row[Any]], shapes: dict[str, type]) -> Iterator[OddRow]:
    expected = {each.name: _type_of(each) for each in table.c} | shapes
    kinds = [(name, kind) for name, kind in expected.items() if kind is not None]
    for row in rows:
        values = row._mapping
        why = next((why for name, kind in kinds if (why := _fault(values[name], kind))), None)
        if why:
            yield _odd(table, row, why)


def _fault(value: object, kind: type) -> str | None:
    """Why a value is none of its column, if it is not missing."""
    if value is None:
        return None
    if isinstance(value, datetime):
        return None if value.year in YEARS else f"a time is in the year {value.year}."
    if kind is float:
        is_number = isinstance(value, int | float | Decimal) and isfinite(value)
        return None if is_number else "a number is none, or has no end."
    return (
        None if isinstance(value, kind) else f"{type(value).__name__} instead of {kind.__name__}."
    )


def _odd(table: Table, row: Row[Any], why: str) -> OddRow:
    return OddRow(table.name, tuple(row._mapping[each] for each in table.primary_key), why)


def _type_of(column: Column[Any]) -> type | None:
    """Of those types that engines don't enforce, or whose values may have no end."""
    try:
        of = column.type
        kind = (of.impl_instance if isinstance(of, TypeDecorator) else of).python_type
    except NotImplementedError:
        return None
    return {Decimal: float}.get(kind, kind) if kind in {str, float, Decimal, datetime} else None


def _shapes(mapper: Mapper[Any]) -> dict[str, type]:
    """Columns with JSON, and what the code expects in them."""
    found: dict[str, type] = {}
    annotations = mapper.class_.__annotations__
    for attribute in mapper.column_attrs:
        column = attribute.columns[0]
        said = str(annotations.get(attribute.key, ""))
        if isinstance(column.type, JSON) and column.table is mapper.local_table:
            shape = next((of for word, of in SHAPES.items() if word in said), None)
            if shape:
                found[column.name] = shape
    return found


SHAPES: dict[str, type] = {"list[": list, "dict[": dict, "JsonDict": dict}


def _why(error: BaseException) -> str:
    """Without the value: it may be a person’s, and this is shown and logged."""
    if _is_no_text(error):
        return "it holds bytes that are no text."
    if isinstance(error, json.JSONDecodeError):
        return "its JSON is damaged."
    if isinstance(error, LookupError):
        return "a word is not one of those of its column."
    return "a time or a number is none."


def _is_no_text(error: BaseException) -> bool:
    """SQLite stores bytes as text as well, and the driver then can't decode them."""
    return isinstance(error, SQLAlchemyError | sqlite3.Error) and "Could not decode" in str(error)
