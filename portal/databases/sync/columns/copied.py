"""What a sync copies of production: tables and columns that its revisions create, and no others."""

from sqlalchemy import Connection, exists, select, table
from sqlalchemy import column as named

from portal.core.errors import Refused
from portal.databases.sync.anonymise import CopiedTable
from portal.databases.sync.batches import ForeignKeyTarget, OpenDatabase, Shape, place_of, shape_of
from portal.databases.sync.columns.kept_values import IdRule
from portal.databases.sync.columns.rules import WHOLE_TABLE, Rule, Rules, Treatment, is_left_behind


def travelling_tables(
    connection: Connection, made: list[str], present: dict[str, list[str]], rules: Rules
) -> list[CopiedTable]:
    """The tables of production that are also in the copy, whose tables are `made`.

    Raises Refused for a rule that can't be followed.
    """
    found = []
    for words, columns in present.items():
        if words in made and not is_left_behind(rules, words):
            shape = shape_of(connection, words)
            lines = {each: rules[words][each] for each in columns if shape.is_written(each)}
            _require_tables(words, lines, made)
            found.append(_checked(CopiedTable(words, shape, lines)))
    return found


def tables_left(present: dict[str, list[str]], rules: Rules) -> dict[str, dict[str, str]]:
    """The tables of production of which no row is copied, each with its rule, for display."""
    left = [each for each in present if is_left_behind(rules, each)]
    return {each: {WHOLE_TABLE: str(rules[each][WHOLE_TABLE])} for each in left}


def left_behind(source: OpenDatabase, into: OpenDatabase) -> list[str]:
    """Names of production's objects that its revisions don't create, or create differently. Without
    owners and grants: development has its own.
    """
    theirs, ours = (each.engine.structure_objects(each.connection) for each in (source, into))
    return sorted(name for name, words in theirs.items() if ours.get(name) != words)


def require_references(connection: Connection, tables: list[CopiedTable]) -> None:
    """A kept id that refers to no row could be any number. Raises Refused, naming the column."""
    for each in tables:
        for column, rule in each.rules.items():
            parent = _parent(connection, each.shape, column, rule)
            if parent and _has_dangling(connection, each.shape, column, parent):
                raise Refused(
                    f"{each.words}.{column} of production holds a number that no row of"
                    f" {parent.words} has; development is as it was.",
                    remedy="Fix these rows: they refer to nothing.",
                )


def _parent(
    connection: Connection, shape: Shape, column: str, rule: Rule
) -> ForeignKeyTarget | None:
    if not isinstance(rule.keeps, IdRule):
        return None
    if rule.keeps.of:
        return ForeignKeyTarget(*place_of(connection, rule.keeps.of), "id")
    return shape.refers.get(column)


def _has_dangling(connection: Connection, shape: Shape, column: str, to: ForeignKeyTarget) -> bool:
    child = table(shape.name, named(column), schema=shape.schema).alias("child")
    parent = table(to.table, named(to.column), schema=to.schema).alias("parent")
    orphaned = ~exists(select(1).where(parent.c[to.column] == child.c[column]).select_from(parent))
    query = select(1).select_from(child).where(child.c[column].is_not(None), orphaned).limit(1)
    return connection.execute(query).first() is not None


def _require_tables(words: str, lines: dict[str, Rule], made: list[str]) -> None:
    for column, rule in lines.items():
        if isinstance(rule.keeps, IdRule) and rule.keeps.of and rule.keeps.of not in made:
            raise Refused(
                f"{words}.{column} is kept as an id of {rule.keeps.of}, which is no table.",
                remedy="Fix its line in migrations/directory/columns.toml.",
            )


def _checked(each: CopiedTable) -> CopiedTable:
    for column, rule in each.rules.items():
        if why := _why_not(each.shape, column, rule):
            raise Refused(f"{each.words}.{column} {why[0]}", remedy=why[1])
    return each


def _why_not(shape: Shape, column: str, rule: Rule) -> tuple[str, str] | None:
    if not rule.is_kept and column in shape.keys:
        return (
            "is a key, and rows that refer to it would refer to nothing.",
            "Keep it in migrations/directory/columns.toml, or give the table another key.",
        )
    if rule.treatment is Treatment.BLANK and not shape.may_be_blank(column):
        return (
            "can't be left blank: it must hold a number.",
            "Keep or fake it in migrations/directory/columns.toml.",
        )
    is_key = column in shape.keys or column in shape.refers
    if isinstance(rule.keeps, IdRule) and not is_key and not rule.keeps.of:
        return (
            "is kept as an id, and is neither a key nor refers to one.",
            "Say in migrations/directory/columns.toml what it keeps: id of the table it is about.",
        )
    return None
