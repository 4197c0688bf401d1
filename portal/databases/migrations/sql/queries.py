"""Queries and changes of rows, from the parser's tree: what they touch, what counts as a read."""

from collections.abc import Iterator

from sqlglot import exp
from sqlglot.tokenizer_core import Token, TokenType

from portal.databases.migrations.sql.form import Action, ActionKind, Kind, Sql, Table
from portal.databases.migrations.sql.functions import calls_of
from portal.databases.migrations.sql.narrowing import where_of
from portal.databases.migrations.sql.tokens import Part, dialect_of

ROOTS = (exp.Query, exp.Values, exp.Insert, exp.Update, exp.Delete, exp.Merge)
ROWS = (exp.Insert, exp.Update, exp.Delete, exp.Merge)
INSERT_OR_REPLACE = (
    (TokenType.INSERT, "INSERT"),
    (TokenType.OR, "OR"),
    (TokenType.REPLACE, "REPLACE"),
)
RESOLUTIONS = frozenset({"ROLLBACK", "ABORT", "REPLACE", "FAIL", "IGNORE"})
WRITING = frozenset({"INSERT", "UPDATE", "DELETE", "MERGE", "INTO", "TRUNCATE"})
"""A read contains none of these, whatever the tree says."""


def of_query(part: Part) -> Sql | None:
    """None for what is not understood."""
    [tree] = dialect_of(part.dialect).parser().parse(_plain(part), part.sql)
    if not isinstance(tree, ROOTS) or tree.find(exp.Command):
        return None
    actions = tuple(_actions(tree, part.dialect))
    calls = frozenset(calls_of(part, tree))
    kinds = set(_kinds(tree, actions, calls))
    is_read = kinds <= {Kind.READ}
    if is_read and (_writes_somehow(part) or isinstance(tree, ROWS)):
        return None
    return Sql(frozenset(kinds), actions, frozenset(_tables(tree, part.dialect)), calls)


def _plain(part: Part) -> list[Token]:
    """The tokens in a form that the parser knows. SQLite's REPLACE is an INSERT that deletes
    conflicting rows, and UPDATE OR only concerns rows that can't be written.
    """
    first, *others = part.tokens
    words = [each.word for each in part.words()[:3]]
    if part.dialect == "sqlite" and words[0] == "REPLACE":
        return [
            Token(kind, text, first.line, first.col) for kind, text in INSERT_OR_REPLACE
        ] + others
    if part.dialect == "sqlite" and words[:2] == ["UPDATE", "OR"] and words[2] in RESOLUTIONS:
        return [first, *others[2:]]
    return list(part.tokens)


def _kinds(tree: exp.Expr, actions: tuple[Action, ...], calls: frozenset[str]) -> Iterator[Kind]:
    if actions:
        is_schema = {each.kind is ActionKind.CREATE_TABLE for each in actions}
        yield from ({True: Kind.SCHEMA, False: Kind.ROWS}[each] for each in is_schema)
    else:
        yield Kind.READ
    if tree.find(exp.Lock):
        yield Kind.TRANSACTION
    if calls:
        yield Kind.EFFECT


def _writes_somehow(part: Part) -> bool:
    return any(word.word in WRITING for word in part.words())


def _actions(tree: exp.Expr, dialect: str) -> Iterator[Action]:
    for node in tree.walk(bfs=False):
        if isinstance(node, ROWS):
            yield from _changes(node, dialect)
        elif isinstance(node, exp.Into) and isinstance(node.this, exp.Table):
            yield Action(ActionKind.CREATE_TABLE, named(node.this, dialect))


def _changes(node: exp.Expr, dialect: str) -> Iterator[Action]:
    table = _target(node, dialect)
    if isinstance(node, exp.Insert):
        replaces = str(node.args.get("alternative") or "").upper() == "REPLACE"
        yield Action(ActionKind.REPLACE if replaces else ActionKind.INSERT, table)
    elif isinstance(node, exp.Merge):
        yield from _merges(node, table)
    else:
        kind = ActionKind.UPDATE if isinstance(node, exp.Update) else ActionKind.DELETE
        where, column = where_of(node, node.args.get("where"))
        yield Action(kind, table, column, where=where)


def _merges(node: exp.Merge, table: Table) -> Iterator[Action]:
    """Each branch once; ON determines how far it reaches."""
    where, column = where_of(node, node.args.get("on"))
    for when in node.find_all(exp.When):
        then = when.args.get("then")
        if isinstance(then, exp.Insert):
            continue  # found like any other
        action = then.name.upper() if then else ""
        if isinstance(then, exp.Update) or action.startswith("UPDATE"):
            yield Action(ActionKind.UPDATE, table, column, where=where)
        elif action == "DELETE":
            yield Action(ActionKind.DELETE, table, column, where=where)


def _target(node: exp.Expr, dialect: str) -> Table:
    found = node.this.find(exp.Table) if isinstance(node.this, exp.Expr) else None
    if found is None and isinstance(above := node.find_ancestor(exp.Merge), exp.Merge):
        return _target(above, dialect)
    return named(found, dialect) if found else Table("")


def named(table: exp.Table, dialect: str) -> Table:
    """The table's name as the engine folds it: case-insensitive unless quoted."""
    schema = table.args.get("db")
    return Table(_folded(table.this), _folded(schema) if schema else None)


def _folded(name: exp.Expr | None) -> str:
    if isinstance(name, exp.Identifier) and not name.quoted:
        return name.name.lower()
    return name.name if name else ""


def _tables(tree: exp.Expr, dialect: str) -> Iterator[Table]:
    own = {_folded(each.args["alias"].this) for each in tree.find_all(exp.CTE)}
    for each in tree.find_all(exp.Table):
        if not isinstance(each.this, exp.Identifier):
            continue  # a function that returns rows
        found = named(each, dialect)
        if found.name and not (found.schema is None and found.name in own):
            yield found
