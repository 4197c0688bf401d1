"""How far an UPDATE or a DELETE reaches: whether its condition excludes any row."""

from itertools import islice

from sqlglot import exp
from sqlglot.optimizer.simplify import simplify

from portal.databases.migrations.sql.form import RowScope

LARGEST = 60
SAME = (exp.EQ, exp.GTE, exp.LTE, exp.NullSafeEQ)
Found = tuple[RowScope, str | None]


def where_of(node: exp.Expr, where: exp.Expr | None) -> Found:
    """With the column that a NOT_NULL is about."""
    condition = where.this if isinstance(where, exp.Where) else where
    if condition is None:
        return RowScope.ABSENT, None
    target = node.this.find(exp.Table) if isinstance(node.this, exp.Expr) else None
    return _reach(_simpler(condition), target)


def _simpler(condition: exp.Expr) -> exp.Expr:
    """With constants folded. For a long condition that takes hours, and it is hardly a constant."""
    nodes = sum(1 for _ in islice(condition.walk(), LARGEST + 1))
    return simplify(condition.copy()) if nodes <= LARGEST else condition


def _reach(condition: exp.Expr, target: exp.Table | None) -> Found:
    condition = condition.unnest()
    if isinstance(condition, exp.Cast):
        return _reach(condition.this, target)
    if isinstance(condition, exp.And):
        return _both(_reach(condition.left, target), _reach(condition.right, target))
    if isinstance(condition, exp.Or):
        return _either(_reach(condition.left, target), _reach(condition.right, target))
    if _is_constant_true(condition) or _selects_from_itself(condition, target):
        return RowScope.ALWAYS, None
    if column := _only_not_null(condition):
        return RowScope.NOT_NULL, column
    return RowScope.SOME, None


def _both(left: Found, right: Found) -> Found:
    """An AND reaches as far as the narrower one."""
    if left[0] is RowScope.ALWAYS:
        return right
    if right[0] is RowScope.ALWAYS or left == right:
        return left
    return RowScope.SOME, None


def _either(left: Found, right: Found) -> Found:
    if RowScope.ALWAYS in {left[0], right[0]}:
        return RowScope.ALWAYS, None
    return next((each for each in (left, right) if each[0] is RowScope.NOT_NULL), left)


def _is_constant_true(condition: exp.Expr) -> bool:
    if isinstance(condition, exp.Boolean):
        return bool(condition.this)
    if isinstance(condition, exp.Literal):
        return condition.name not in {"0", ""}
    if isinstance(condition, exp.Exists):
        inner = condition.this
        return isinstance(inner, exp.Select) and not any(
            inner.args.get(each) for each in ("from_", "where", "having", "limit", "group")
        )
    return isinstance(condition, SAME) and condition.left == condition.right


def _selects_from_itself(condition: exp.Expr, target: exp.Table | None) -> bool:
    """`id IN (SELECT id FROM same_table)`, with nothing that excludes rows."""
    query = condition.args.get("query") if isinstance(condition, exp.In) else None
    inner = query.unnest() if query else None
    if not isinstance(inner, exp.Select) or target is None:
        return False
    source = inner.find(exp.Table)
    clauses = {key for key, value in inner.args.items() if value}
    return (
        clauses <= {"kind", "expressions", "from_"}
        and source is not None
        and source.name.lower() == target.name.lower()
        and [each.name.lower() for each in inner.expressions] == [condition.this.name.lower()]
    )


def _only_not_null(condition: exp.Expr) -> str | None:
    """The column, if only its nulls are excluded: `id IS NOT NULL`, `id LIKE '%'`."""
    inner = condition.this.unnest() if isinstance(condition, exp.Not) else condition
    is_negated = isinstance(condition, exp.Not) or bool(condition.args.get("negate"))
    if isinstance(inner, exp.Is) and is_negated and isinstance(inner.expression, exp.Null):
        return _column(inner.this)
    if isinstance(condition, exp.Like) and condition.expression.name == "%":
        return _column(condition.this)
    return None


def _column(found: exp.Expr) -> str | None:
    return found.name.lower() if isinstance(found.unnest(), exp.Column) else None
