"""Statements about the schema: CREATE, DROP, TRUNCATE, and ALTER TABLE with each of its actions."""

from collections.abc import Iterator

from portal.databases.migrations.sql.form import Action, ActionKind, Kind, Sql, Table, of_kind
from portal.databases.migrations.sql.tokens import Reader, SqlWord

BEFORE_KIND = (
    *(
        "OR",
        "REPLACE",
        "UNIQUE",
        "TEMP",
        "TEMPORARY",
        "GLOBAL",
        "LOCAL",
        "UNLOGGED",
        "MATERIALIZED",
    ),
    *("RECURSIVE", "VIRTUAL", "FOREIGN", "CONSTRAINT", "EVENT", "TRUSTED", "PROCEDURAL", "DEFAULT"),
)
KINDS = frozenset(
    {
        *(
            "TABLE",
            "INDEX",
            "VIEW",
            "SEQUENCE",
            "SCHEMA",
            "TYPE",
            "DOMAIN",
            "FUNCTION",
            "PROCEDURE",
        ),
        *("ROUTINE", "AGGREGATE", "TRIGGER", "RULE", "POLICY", "EXTENSION", "COLLATION", "CAST"),
        *(
            "OPERATOR",
            "CONVERSION",
            "LANGUAGE",
            "PUBLICATION",
            "SUBSCRIPTION",
            "STATISTICS",
            "TEXT",
        ),
        *("SERVER", "USER", "ROLE", "GROUP", "DATABASE", "TABLESPACE", "TRANSFORM", "ACCESS"),
        *("WRAPPER", "DATA", "MAPPING", "PRIVILEGES", "LARGE", "SYSTEM", "OWNED"),
    }
)
CONSTRAINTS = ("CHECK", "UNIQUE", "PRIMARY", "FOREIGN", "EXCLUDE")
OF_A_TABLE = frozenset(
    {
        *("VALIDATE", "ENABLE", "DISABLE", "CLUSTER", "SET", "RESET", "INHERIT", "NO", "OF", "NOT"),
        *("OWNER", "REPLICA", "FORCE", "ATTACH", "DETACH"),
    }
)
OF_A_COLUMN = frozenset({"SET", "DROP", "RESET", "ADD", "RESTART"})
NO_TABLE = Table("")


def created(reader: Reader) -> Sql | None:
    """None for what is not understood, as with each of these."""
    if (kind := _kind(reader)) is None:
        return None
    if kind == "INDEX":
        return _index(reader)
    if kind != "TABLE":
        return of_kind(Kind.SCHEMA, Action(ActionKind.CHANGE, NO_TABLE))
    reader.take("IF", "NOT", "EXISTS")
    return _about(Action(ActionKind.CREATE_TABLE, reader.table()))


def dropped(reader: Reader) -> Sql | None:
    if (kind := _kind(reader)) is None:
        return None
    reader.take("CONCURRENTLY")
    reader.take("IF", "EXISTS")
    cascades = _cascades(reader.rest())
    kinds = {
        "TABLE": ActionKind.DROP_TABLE,
        "SCHEMA": ActionKind.DROP_SCHEMA,
        "OWNED": ActionKind.DROP_SCHEMA,
    }
    if kind not in kinds:
        return of_kind(Kind.SCHEMA, Action(ActionKind.CHANGE, NO_TABLE, cascades=cascades))
    reader.take("BY")
    return _about(*(Action(kinds[kind], each, cascades=cascades) for each in reader.tables()))


def _kind(reader: Reader) -> str | None:
    """The kind of the object that is created, dropped or altered; None for an unknown kind."""
    while reader.take_any(*BEFORE_KIND):
        pass
    kind = reader.word
    reader.step()
    return kind if kind in KINDS else None


def truncated(reader: Reader) -> Sql | None:
    reader.take("TABLE")
    reader.take("ONLY")
    tables, cascades = reader.tables(), _cascades(reader.rest())
    if not all(each.name for each in tables):
        return None
    return of_kind(
        Kind.ROWS, *(Action(ActionKind.TRUNCATE, each, cascades=cascades) for each in tables)
    )


def altered(reader: Reader, dialect: str) -> Sql | None:
    if (kind := _kind(reader)) is None:
        return None
    if kind != "TABLE":
        return of_kind(Kind.SCHEMA, Action(ActionKind.CHANGE, NO_TABLE))
    reader.take("IF", "EXISTS")
    reader.take("ONLY")
    table = reader.table()
    actions = [_altered(table, Reader(each, dialect)) for each in _listed(reader.rest())]
    known = [each for each in actions if each is not None]
    return _about(*known) if known and len(known) == len(actions) else None


def _index(reader: Reader) -> Sql | None:
    waits = not reader.take("CONCURRENTLY")
    reader.take("IF", "NOT", "EXISTS")
    if not reader.sees("ON"):
        reader.table()
    if not reader.take("ON"):
        return None
    reader.take("ONLY")
    return _about(Action(ActionKind.INDEX, reader.table(), waits=waits))


def _about(*actions: Action) -> Sql | None:
    return of_kind(Kind.SCHEMA, *actions) if all(each.table.name for each in actions) else None


def _altered(table: Table, reader: Reader) -> Action | None:
    if reader.take("RENAME"):
        return _renamed(table, reader)
    if reader.take("SET", "SCHEMA"):
        return Action(ActionKind.RENAME_TABLE, table, to=table.name)
    if reader.take("ADD"):
        return _added(table, reader)
    if reader.take("DROP"):
        return _column_dropped(table, reader)
    if reader.take("ALTER"):
        return _column_altered(table, reader)
    return Action(ActionKind.CHANGE, table) if reader.word in OF_A_TABLE else None


def _renamed(table: Table, reader: Reader) -> Action | None:
    if reader.take("TO"):
        return Action(ActionKind.RENAME_TABLE, table, to=reader.name())
    if reader.take("CONSTRAINT"):
        return Action(ActionKind.CHANGE, table)
    reader.take("COLUMN")
    column = reader.name()
    return Action(ActionKind.RENAME_COLUMN, table, column) if column and reader.take("TO") else None


def _added(table: Table, reader: Reader) -> Action | None:
    words = _outside_parentheses(reader.rest())
    waits = not (_holds(words, "NOT", "VALID") or _holds(words, "USING", "INDEX"))
    if reader.take("CONSTRAINT"):
        reader.name()
        if reader.take("NOT", "NULL"):
            return Action(ActionKind.REQUIRE, table, reader.name(), waits=waits)
        return (
            Action(ActionKind.CONSTRAIN, table, waits=waits) if reader.word in CONSTRAINTS else None
        )
    if reader.word in CONSTRAINTS:
        return Action(ActionKind.CONSTRAIN, table, waits=waits)
    reader.take("COLUMN")
    reader.take("IF", "NOT", "EXISTS")
    if not (column := reader.name()):
        return None
    is_filled = any(each in words for each in ("DEFAULT", "GENERATED", "SERIAL", "BIGSERIAL"))
    kind = (
        ActionKind.ADD_REQUIRED
        if _holds(words, "NOT", "NULL") and not is_filled
        else ActionKind.ADD_COLUMN
    )
    return Action(kind, table, column)


def _column_dropped(table: Table, reader: Reader) -> Action | None:
    cascades = _cascades(reader.rest())
    if reader.take("CONSTRAINT"):
        return Action(ActionKind.CHANGE, table, cascades=cascades)
    reader.take("COLUMN")
    reader.take("IF", "EXISTS")
    column = reader.name()
    return Action(ActionKind.DROP_COLUMN, table, column, cascades=cascades) if column else None


def _column_altered(table: Table, reader: Reader) -> Action | None:
    if reader.take("CONSTRAINT"):
        return Action(ActionKind.CHANGE, table)
    reader.take("COLUMN")
    if not (column := reader.name()):
        return None
    if reader.take("TYPE") or reader.take("SET", "DATA", "TYPE"):
        return Action(ActionKind.RETYPE, table, column)
    if reader.take("SET", "NOT", "NULL"):
        return Action(ActionKind.REQUIRE, table, column)
    return Action(ActionKind.CHANGE, table, column) if reader.word in OF_A_COLUMN else None


def _listed(words: list[SqlWord]) -> Iterator[list[SqlWord]]:
    """The parts between commas outside of parentheses."""
    depth, found = 0, list[SqlWord]()
    for word in words:
        depth += (word.word in {"(", "["}) - (word.word in {")", "]"})
        if word.word == "," and not depth:
            yield found
            found = []
        else:
            found.append(word)
    yield found


def _outside_parentheses(words: list[SqlWord]) -> list[str]:
    depth, found = 0, []
    for word in words:
        depth += (word.word == "(") - (word.word == ")")
        if not depth:
            found.append(word.word)
    return found


def _holds(words: list[str], *sought: str) -> bool:
    number = len(sought)
    return any(words[at : at + number] == list(sought) for at in range(len(words)))


def _cascades(words: list[SqlWord]) -> bool:
    return bool(words) and words[-1].word == "CASCADE"
