"""Classifies each statement by its first words; queries of rows use the parser's tree."""

import logging
from collections.abc import Callable

from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from portal.databases.migrations.sql import definitions, queries
from portal.databases.migrations.sql.form import (
    NOTHING,
    Action,
    ActionKind,
    Kind,
    Sql,
    not_understood,
    of_kind,
)
from portal.databases.migrations.sql.pragmas import of_pragma
from portal.databases.migrations.sql.tokens import Part, Reader, parts_of

logging.getLogger("sqlglot").setLevel(logging.ERROR)  # it logs what it did not understand

LONGEST = 50_000
"""Characters: a second or two of parsing, while a change may hold its lock."""

Known = Callable[[Part, Reader], Sql | None]
PARENTHESES = (TokenType.L_PAREN, TokenType.R_PAREN)
OPTIONS_OF_EXPLAIN = frozenset({"ANALYZE", "ANALYSE", "VERBOSE"})
LOOKING = frozenset(
    {
        *("VERBOSE", "COSTS", "SETTINGS", "GENERIC_PLAN", "BUFFERS", "WAL", "TIMING", "SUMMARY"),
        *("MEMORY", "FORMAT", "TEXT", "XML", "JSON", "YAML", "SERIALIZE", "NONE", "BINARY"),
        *("TRUE", "FALSE", "ON", "OFF", ","),
    }
)
"""What may be in EXPLAIN's parentheses without running the statement."""


def classified(sql: str, dialect: str) -> Sql:
    if len(sql) > LONGEST:
        return not_understood(sql)
    try:
        parts = list(parts_of(sql, dialect))
    except SqlglotError:
        return not_understood(sql)
    return sum(map(_part, parts), NOTHING)


def _part(part: Part) -> Sql:
    """Any error inside the parser makes it a statement that was not understood."""
    try:
        return _of_first_word(part) or not_understood(part.text)
    except (SqlglotError, RecursionError):
        return not_understood(part.text)
    except Exception:
        logging.getLogger(__name__).exception("The parser failed")
        return not_understood(part.text)


def _of_first_word(part: Part) -> Sql | None:
    """None for what is not understood."""
    reader = Reader(part.words(), part.dialect)
    known = KNOWN[part.dialect].get(reader.word)
    reader.step()
    return known(part, reader) if known else None


def _explained(part: Part, reader: Reader) -> Sql | None:
    """SQLite never runs what it explains, PostgreSQL does with ANALYZE; it must be understood."""
    skipped, runs = 1, False
    if part.dialect == "sqlite":
        skipped += 2 if reader.take("QUERY", "PLAN") else 0
    elif reader.take("("):
        runs, skipped = _options_in_parentheses(reader)
    else:
        while word := reader.take_any(*OPTIONS_OF_EXPLAIN):
            runs, skipped = runs or word != "VERBOSE", skipped + 1
    inner = _of_first_word(part.after(skipped)) if skipped < len(part.tokens) else None
    if inner is None or Kind.UNKNOWN in inner.kinds:
        return None
    return inner if runs else Sql(frozenset({Kind.READ}), tables=inner.tables)


def _options_in_parentheses(reader: Reader) -> tuple[bool, int]:
    """Any ANALYZE counts, whatever its value and however it is written; quoted as well."""
    runs, skipped = False, 2
    while not reader.is_at_end and not reader.take(")"):
        runs = runs or reader.word not in LOOKING
        reader.step()
        skipped += 1
    return runs, skipped + 1


def _copied(part: Part, reader: Reader) -> Sql | None:
    """COPY: from or to a table or a query, through the client, a file or a program."""
    end = _end_of_parentheses(part) if reader.sees("(") else 1
    if end > 1:
        found = _of_first_word(Part(part.tokens[2:end], part.sql, part.dialect))
        reader = Reader(part.after(end + 1).words(), part.dialect)
    else:
        table = reader.table()
        _end_of_columns(reader)
        does = of_kind(Kind.ROWS, Action(ActionKind.INSERT, table))
        looks = Sql(frozenset({Kind.READ}), tables=frozenset({table}))
        found = (does if reader.sees("FROM") else looks) if table.name else None
    if found is None or not reader.take_any("FROM", "TO"):
        return None
    return found if reader.word in {"STDIN", "STDOUT"} else found.also(Kind.EFFECT)


def _created(part: Part, reader: Reader) -> Sql | None:
    """CREATE TABLE … AS runs its query, which may change rows."""
    made = definitions.created(reader)
    if made is None or made.actions[:1] != _tables_made(made):
        return made
    start = _begin_of_query(part)
    if not start:
        return made
    query = _of_first_word(Part(_without_data(part.tokens[start:]), part.sql, part.dialect))
    if query is None or Kind.UNKNOWN in query.kinds:
        return None
    return made if query.is_read else made + query


def _tables_made(made: Sql) -> tuple[Action, ...]:
    return tuple(each for each in made.actions if each.kind is ActionKind.CREATE_TABLE)


def _begin_of_query(part: Part) -> int:
    """What follows the first AS outside of parentheses; 0 if there is none."""
    depth = 0
    for at, token in enumerate(part.tokens[:-1]):
        depth += (token.token_type is PARENTHESES[0]) - (token.token_type is PARENTHESES[1])
        if not depth and token.token_type is TokenType.ALIAS:
            return at + 1
    return 0


def _without_data(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    last = [each.text.upper() for each in tokens[-3:]]
    if last == ["WITH", "NO", "DATA"]:
        return tokens[:-3]
    return tokens[:-2] if last[-2:] == ["WITH", "DATA"] else tokens


def _end_of_parentheses(part: Part) -> int:
    """The token that closes what the second one opens; 0 if none does."""
    depth = 0
    for at, token in enumerate(part.tokens):
        is_opening, is_closing = (token.token_type is each for each in PARENTHESES)
        depth += is_opening - is_closing
        if is_closing and not depth:
            return at
    return 0


def _end_of_columns(reader: Reader) -> None:
    if reader.take("("):
        while not reader.is_at_end and not reader.take(")"):
            reader.step()


def _of_kind(kind: Kind) -> Known:
    return lambda _part, _reader: of_kind(kind)


def _each(known: Known, *words: str) -> dict[str, Known]:
    return dict.fromkeys(words, known)


ON_BOTH: dict[str, Known] = {
    **_each(lambda part, _: queries.of_query(part), "SELECT", "WITH", "VALUES", "(", "INSERT"),
    **_each(lambda part, _: queries.of_query(part), "UPDATE", "DELETE", "REPLACE"),
    **_each(_of_kind(Kind.TRANSACTION), "BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT"),
    **_each(_of_kind(Kind.TRANSACTION), "SAVEPOINT", "RELEASE"),
    **_each(_of_kind(Kind.EFFECT), "VACUUM", "ANALYZE", "ANALYSE", "REINDEX"),
    "EXPLAIN": _explained,
    "CREATE": _created,
    "DROP": lambda _, reader: definitions.dropped(reader),
    "ALTER": lambda part, reader: definitions.altered(reader, part.dialect),
}
KNOWN: dict[str, dict[str, Known]] = {
    "sqlite": {
        **ON_BOTH,
        **_each(_of_kind(Kind.SESSION), "ATTACH", "DETACH"),
        "PRAGMA": lambda _, reader: of_pragma(reader),
    },
    "postgresql": {
        **ON_BOTH,
        **_each(lambda part, _: queries.of_query(part), "TABLE", "MERGE"),
        **_each(_of_kind(Kind.SESSION), "SET", "RESET", "DISCARD", "LISTEN", "UNLISTEN", "CLOSE"),
        **_each(_of_kind(Kind.EFFECT), "CLUSTER", "REFRESH", "CHECKPOINT", "NOTIFY"),
        **_each(_of_kind(Kind.SCHEMA), "COMMENT", "GRANT", "REVOKE", "SECURITY", "REASSIGN"),
        "LOCK": _of_kind(Kind.TRANSACTION),
        "SHOW": _of_kind(Kind.READ),
        "COPY": _copied,
        "TRUNCATE": lambda _, reader: definitions.truncated(reader),
    },
}
"""By the first word. What begins with another, such as DO, CALL or EXECUTE, is not understood."""
