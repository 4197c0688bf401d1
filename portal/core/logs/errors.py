"""What a log line may quote of an exception: never the values of a statement or of a row.

SQLAlchemy lists parameters, PostgreSQL quotes the row that violates a constraint, and SQLite the
text that it could not read. All of that is left out; statement, constraint and table stay.
"""

import re
import traceback
from collections.abc import Collection
from typing import Any

LONGEST_STATEMENT = 600
NAMES = ("constraint_name", "table_name", "column_name", "schema_name", "datatype_name")
"""What PostgreSQL's answer names apart from its message."""
_QUOTED = re.compile(r"\"(.*)\"|'(.*)'|\[(.*)\]", re.DOTALL)
_NAMED = re.compile(r"(?<=no such column: ).*|(?<=unknown special query: ).*", re.DOTALL)
_PARAMETERS = re.compile(r"\n?\[parameters: .*", re.DOTALL)
_QUOTED_TEXT = re.compile(r"\"[^\"]*\"|with text '.*'", re.DOTALL)


def message_of(error: BaseException) -> str:
    """The message of an exception, without values if it is a database's."""
    if _is_from(error, "sqlalchemy") and hasattr(error, "statement"):
        return _of_statement(error)
    return _of_driver(error, "") if is_of_database(error) else str(error)


def is_of_database(error: BaseException) -> bool:
    """Whether its message may quote values."""
    return any(_is_from(error, each) for each in ("sqlalchemy", "psycopg", "sqlite3"))


def without_values(text: str) -> str:
    """A finished sentence without what a database quoted in it."""
    return _QUOTED_TEXT.sub("…", _PARAMETERS.sub("", text))


def trace_of(error: BaseException) -> str:
    """Like `traceback.format_exception`, with `message_of` each exception of the chain."""
    parts: list[str] = []
    for each, link in reversed(_chain(error)):
        parts += ["Traceback (most recent call last):\n", *traceback.format_tb(each.__traceback__)]
        parts += [f"{_name_of(each)}: {message_of(each)}\n", *_members(each)]
        if link:
            parts.append(f"\n{link}\n\n")
    return "".join(parts).rstrip("\n")


def _chain(error: BaseException) -> list[tuple[BaseException, str]]:
    """The exception and its causes, the last one first, each with the words that lead to the
    next."""
    found: list[tuple[BaseException, str]] = [(error, "")]
    seen = {id(error)}
    while True:
        last = found[-1][0]
        cause, context = last.__cause__, last.__context__
        before = cause or (None if last.__suppress_context__ else context)
        if before is None or id(before) in seen:
            return found
        seen.add(id(before))
        found.append((before, "It caused the following:" if cause else "While it was handled:"))


def _members(error: BaseException) -> list[str]:
    """Of a group: its exceptions, a line each."""
    if not isinstance(error, BaseExceptionGroup):
        return []
    return [f"  {_name_of(each)}: {message_of(each)}\n" for each in error.exceptions]


def _name_of(error: BaseException) -> str:
    kind = type(error)
    return (
        kind.__qualname__
        if kind.__module__ == "builtins"
        else f"{kind.__module__}.{kind.__qualname__}"
    )


def _of_statement(error: Any) -> str:
    """A driver's error, or the error of a column type, which quotes the value itself."""
    orig, sql = error.orig, " ".join(str(error.statement or "").split())
    if isinstance(orig, BaseException) and is_of_database(orig):
        said = _of_driver(orig, sql)
    else:
        said = f"a value has the wrong type ({type(orig).__name__})" if orig else ""
    if not sql:
        return said or type(error).__name__
    cut = sql if len(sql) <= LONGEST_STATEMENT else f"{sql[:LONGEST_STATEMENT]}…"
    return f"{said} [SQL: {cut}]"


def _of_driver(error: Any, sql: str) -> str:
    """The first sentence, since details quote rows. What it quotes is kept only if the statement
    itself says it, or it is a name: everything else may be a value."""
    said, names = str(error), [sql]
    if getattr(error, "sqlstate", None):
        names += [name for each in NAMES if (name := getattr(error.diag, each, None))]
        said = error.diag.message_primary or said
    elif _is_from(error, "psycopg"):
        return _first_line(said) or type(error).__name__  # there was no server, or no statement
    shown = _QUOTED.sub(lambda found: _kept(found, names), _first_line(said))
    return _NAMED.sub(lambda found: _kept(found, names), shown) or type(error).__name__


def _kept(found: re.Match[str], names: Collection[str]) -> str:
    """Between the first and the last quotation mark may be several names, or one value with
    quotation marks in it."""
    quoted = next((each for each in found.groups() if each is not None), found[0])
    parts = quoted.split('"')[::2]
    return found[0] if all(any(part in each for each in names) for part in parts) else "…"


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0] if text.strip() else ""


def _is_from(error: BaseException, package: str) -> bool:
    return any(each.__module__.partition(".")[0] == package for each in type(error).__mro__)
