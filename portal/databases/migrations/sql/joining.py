"""Queries of the same rows, combined into one statement that reads these rows once.

Only what provably gives the same result is combined: one value of counts and of sums of integers,
over tables that are named the same, without groups, windows and subqueries. A query's own condition
becomes a FILTER. The texts are a revision's own, cut and joined, never rewritten.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from portal.databases.migrations.sql import classify
from portal.databases.migrations.sql.form import CombinedQuery
from portal.databases.migrations.sql.statements import LONGEST, PARENTHESES
from portal.databases.migrations.sql.tokens import Part, dialect_of, parts_of

CLAUSES = frozenset({"expressions", "from_", "joins", "where"})
GROUPS = (exp.Count, exp.Sum)
WORDS = frozenset({"COUNT", "SUM"})
AROUND = (exp.DPipe, exp.Coalesce, exp.Paren, exp.Add, exp.Sub, exp.Mul)
WHOLE = (exp.Paren, exp.Neg, exp.Add, exp.Sub, exp.Mul, exp.Coalesce)
NEVER_CUT = ("--", "/*", "\\", ";")
"""Comments, escapes and a second statement: a text with one of these is not cut."""


@dataclass(frozen=True)
class _Scan:
    """`ends`: where in the value a FILTER can be inserted."""

    at: int
    value: str
    ends: tuple[int, ...]
    source: str
    condition: str | None
    takes_filter: bool

    @property
    def filtered(self) -> str:
        text = self.value
        for end in reversed(self.ends if self.condition else ()):
            text = f"{text[:end]} FILTER (WHERE {self.condition}){text[end:]}"
        return text


def together(questions: Sequence[str], dialect: str) -> list[CombinedQuery]:
    """Each query once, in few statements: combined with others of the same rows, or alone."""
    read = [_scan_of(text, at, dialect) for at, text in enumerate(questions)]
    scans = [each for each in read if each]
    joints = [joint for some in _of_same_rows(scans) for joint in _joined(some)]
    answered = {at for joint in joints for at in joint.asked}
    alone = [CombinedQuery(text, (at,)) for at, text in enumerate(questions) if at not in answered]
    return sorted([*joints, *alone], key=lambda each: each.asked)


def _of_same_rows(scans: list[_Scan]) -> Iterator[list[_Scan]]:
    """Groups of the same source; with several conditions only if each can become a FILTER."""
    for _, some in groupby(sorted(scans, key=lambda each: each.source), lambda each: each.source):
        found = list(some)
        if found[0].takes_filter:
            yield found
        else:
            by: Callable[[_Scan], str] = lambda each: each.condition or ""  # noqa: E731
            yield from (list(same) for _, same in groupby(sorted(found, key=by), by))


def _joined(scans: list[_Scan]) -> Iterator[CombinedQuery]:
    if len(scans) < 2:
        return
    conditions = {each.condition for each in scans}
    values = [each.value if len(conditions) == 1 else each.filtered for each in scans]
    text = f"SELECT {', '.join(values)} FROM {scans[0].source}"  # noqa: S608 — the revision's own SQL
    if len(conditions) == 1 and scans[0].condition:
        text += f" WHERE {scans[0].condition}"
    yield CombinedQuery(text, tuple(each.at for each in scans))


def _scan_of(text: str, at: int, dialect: str) -> _Scan | None:
    """None for a query that runs alone."""
    found = _scanned(text, dialect)
    return replace(found, at=at) if found else None


@lru_cache(maxsize=1024)
def _scanned(text: str, dialect: str) -> _Scan | None:
    """Cached: each revision's queries are read several times, and many revisions ask the same."""
    if len(text) > LONGEST or any(each in text for each in NEVER_CUT):
        return None
    if text.upper().count("SELECT") > 1:  # spares parsing a query within a query
        return None
    if not classify(text, dialect).is_read:
        return None
    try:
        [part] = parts_of(text, dialect)
        [tree] = dialect_of(dialect).parser().parse(list(part.tokens), part.sql)
    except (SqlglotError, RecursionError, ValueError):
        return None
    if not (isinstance(tree, exp.Select) and _is_plain(tree)):
        return None
    return _cut(part, tree)


def _is_plain(tree: exp.Select) -> bool:
    """One value of counts and sums of integers, over named tables."""
    clauses = {name for name, given in tree.args.items() if given}
    if not clauses <= CLAUSES or "from_" not in clauses or len(tree.expressions) != 1:
        return False
    if list(tree.find_all(exp.Query)) != [tree] or tree.find(exp.Window, exp.Filter):
        return False
    sources = [tree.args["from_"].this, *(each.this for each in tree.args.get("joins") or ())]
    return all(map(_is_named, sources)) and _is_of_groups(tree.expressions[0])


def _is_named(source: exp.Expr) -> bool:
    given = {name for name, value in source.args.items() if value}
    is_table = isinstance(source, exp.Table) and isinstance(source.this, exp.Identifier)
    return is_table and given <= {"this", "db", "alias"}


def _is_of_groups(node: exp.Expr) -> bool:
    if isinstance(node, exp.Sum):
        return _is_whole(node.this)
    if isinstance(node, exp.Count):
        return not any(node.this.find_all(*GROUPS, exp.AggFunc))
    if isinstance(node, AROUND):
        return all(map(_is_of_groups, node.iter_expressions()))
    return isinstance(node, exp.Literal)


def _is_whole(node: exp.Expr) -> bool:
    """An integer, whatever the columns contain: its sum is the same in any order of rows."""
    if isinstance(node, exp.Literal):
        return not node.is_string and node.name.isdigit()
    if isinstance(node, exp.Mod | exp.Length):
        return not any(node.find_all(exp.AggFunc))
    return isinstance(node, WHOLE) and all(map(_is_whole, node.iter_expressions()))


def _cut(part: Part, tree: exp.Select) -> _Scan | None:
    first, *rest = part.tokens
    if first.text.upper() != "SELECT" or rest[0].text.upper() in {"ALL", "DISTINCT"}:
        return None
    start, where = _place_of(rest, TokenType.FROM), _place_of(rest, TokenType.WHERE)
    if start is None or (where is None) != (tree.args.get("where") is None):
        return None
    ends = [each - rest[0].start for each in _ends_of_groups(rest[:start])]
    if len(ends) != len(list(tree.expressions[0].find_all(*GROUPS))):
        return None
    until = rest[where - 1 if where else -1].end + 1
    return _Scan(
        0,
        part.sql[rest[0].start : rest[start - 1].end + 1],
        tuple(ends),
        part.sql[rest[start + 1].start : until],
        part.sql[rest[where + 1].start : rest[-1].end + 1] if where else None,
        all(each.args.get("on") or each.args.get("using") for each in tree.args.get("joins") or ()),
    )


def _place_of(tokens: Sequence[Token], kind: TokenType) -> int | None:
    """Its position outside of all parentheses."""
    depth = 0
    for place, token in enumerate(tokens):
        depth += _steps(token)
        if depth == 0 and token.token_type is kind:
            return place
    return None


def _ends_of_groups(tokens: Sequence[Token]) -> Iterator[int]:
    """The position after the closing parenthesis of each count and each sum."""
    for place, token in enumerate(tokens):
        follows = tokens[place + 1 : place + 2]
        is_called = bool(follows) and follows[0].token_type is TokenType.L_PAREN
        if is_called and token.text.upper() in WORDS:
            depth = 0
            for inner in tokens[place + 1 :]:
                depth += _steps(inner)
                if depth == 0:
                    yield inner.end + 1
                    break


def _steps(token: Token) -> int:
    opens, closes = PARENTHESES
    return (token.token_type is opens) - (token.token_type is closes)
