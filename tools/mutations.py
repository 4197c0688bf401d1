"""The small faults that can be put into a module, one at a time, as a new text of its file."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

OPERATORS: dict[type[ast.AST], tuple[str, str]] = {
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
    ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),
    ast.And: ("and", "or"),
    ast.Or: ("or", "and"),
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
}
#: What a log says to operators, and how a class is written, is no promise.
LEFT_ALONE = ("log.", "logging.", "__all__", "field(", "job(")
#: Only the type checker reads these.
ONLY_TYPES = ("TypeVar(", "ParamSpec(", "NewType(", "Callable[", "str | ")
#: For speed, for the type checker, or an assertion of what holds already (`zip` of equal lengths).
NO_EFFECT = {"synchronize_session", "strict", "total"}
Span = tuple[int, int]


@dataclass(frozen=True)
class Mutant:
    """`text`: of the whole file with the fault in it."""

    line: int
    was: str
    becomes: str
    text: str

    @property
    def words(self) -> str:
        return f"{' '.join(self.was.split())[:60]}  →  {' '.join(self.becomes.split())[:60]}"


class Source:
    """A file's text, and where its nodes are in it."""

    def __init__(self, text: str) -> None:
        self.raw = text.encode()
        starts = [0]
        for line in self.raw.splitlines(keepends=True):
            starts.append(starts[-1] + len(line))
        self.starts = starts

    def span(self, node: ast.AST) -> Span:
        at: ast.expr = node  # type: ignore[assignment]
        end = self.starts[(at.end_lineno or at.lineno) - 1] + (at.end_col_offset or 0)
        return self.starts[at.lineno - 1] + at.col_offset, end

    def text(self, span: Span) -> str:
        return self.raw[span[0] : span[1]].decode()

    def with_instead(self, span: Span, words: str) -> str:
        return (self.raw[: span[0]] + words.encode() + self.raw[span[1] :]).decode()


def mutants_of(text: str) -> list[Mutant]:
    """Those that can be compiled, in the order of their lines."""
    source, tree = Source(text), ast.parse(text)
    found = []
    for span, words in changes(source, tree):
        mutated = source.with_instead(span, words)
        if compiles(mutated):
            line = source.raw[: span[0]].count(b"\n") + 1
            found.append(Mutant(line, source.text(span), words, mutated))
    return sorted(found, key=lambda each: each.line)


def compiles(text: str) -> bool:
    try:
        compile(text, "mutant", "exec")
    except (SyntaxError, ValueError):
        return False
    return True


def changes(source: Source, tree: ast.Module) -> Iterator[tuple[Span, str]]:
    for node in alive(source, tree):
        yield from of_operators(source, node)
        yield from of_conditions(source, node)
        yield from of_statements(source, node)
        yield from of_values(source, node)


def alive(source: Source, node: ast.AST) -> Iterator[ast.AST]:
    """All nodes but annotations, documentation, decorators, types and what is left alone."""
    for child in ast.iter_child_nodes(node):
        if is_left_alone(source, node, child):
            continue
        yield child
        yield from alive(source, child)


def is_left_alone(source: Source, parent: ast.AST, child: ast.AST) -> bool:
    if isinstance(child, ast.JoinedStr | ast.ImportFrom | ast.Import):
        return True
    if child in getattr(parent, "decorator_list", []):
        return True
    if child in (getattr(parent, "annotation", None), getattr(parent, "returns", None)):
        return True
    if isinstance(child, ast.keyword):
        return child.arg in NO_EFFECT
    return isinstance(child, ast.stmt) and is_no_promise(source, parent, child)


def is_no_promise(source: Source, parent: ast.AST, child: ast.stmt) -> bool:
    """Documentation, a log, a type."""
    if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
        return True
    if isinstance(child, ast.Assign) and is_name_only(source, parent, child.value):
        return True
    is_plain = isinstance(child, ast.Expr | ast.Assign | ast.AnnAssign)
    return is_plain and source.text(source.span(child)).startswith(LEFT_ALONE)


def is_name_only(source: Source, parent: ast.AST, value: ast.expr) -> bool:
    """A type, or a text that names an enum's member: stored ones are in `fixed_names.txt`."""
    if source.text(source.span(value)).startswith(ONLY_TYPES):
        return True
    bases = parent.bases if isinstance(parent, ast.ClassDef) else []
    return any(source.text(source.span(each)).endswith("Enum") for each in bases)


def of_operators(source: Source, node: ast.AST) -> Iterator[tuple[Span, str]]:
    pairs: list[tuple[ast.AST, ast.AST, ast.AST]] = []
    if isinstance(node, ast.Compare):
        pairs = list(zip([node.left, *node.comparators], node.ops, node.comparators, strict=False))
    elif isinstance(node, ast.BoolOp):
        pairs = [
            (left, node.op, right)
            for left, right in zip(node.values, node.values[1:], strict=False)
        ]
    elif isinstance(node, ast.BinOp):
        pairs = [(node.left, node.op, node.right)]
    for left, operator, right in pairs:
        if known := OPERATORS.get(type(operator)):
            between = source.span(left)[1], source.span(right)[0]
            yield between, source.text(between).replace(*known)


def of_conditions(source: Source, node: ast.AST) -> Iterator[tuple[Span, str]]:
    if isinstance(node, ast.If | ast.While | ast.IfExp):
        span = source.span(node.test)
        if not isinstance(node.test, ast.NamedExpr):
            yield span, f"not ({source.text(span)})"
    elif isinstance(node, ast.comprehension):
        for test in node.ifs:
            yield source.span(test), "True"
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield source.span(node), f"({source.text(source.span(node.operand))})"


def of_statements(source: Source, node: ast.AST) -> Iterator[tuple[Span, str]]:
    if isinstance(node, ast.Raise) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    ):
        yield source.span(node), "pass"
    elif isinstance(node, ast.Return) and node.value and not is_plain(node.value):
        yield source.span(node.value), "None"


def is_plain(value: ast.expr) -> bool:
    """Those are changed as values, or are what it would become."""
    return isinstance(value, ast.Constant) and value.value in (None, True, False)


def of_values(source: Source, node: ast.AST) -> Iterator[tuple[Span, str]]:
    if isinstance(node, ast.Constant):
        value = node.value
        if isinstance(value, bool):
            yield source.span(node), str(not value)
        elif isinstance(value, int):
            yield source.span(node), str(value + 1)
        elif isinstance(value, str) and value and " " not in value:
            yield source.span(node), repr(f"{value}x")
    elif isinstance(node, ast.Set | ast.List) or is_read_tuple(source, node):
        yield from of_members(source, node)


def is_read_tuple(source: Source, node: ast.AST) -> bool:
    """One in brackets of its own, whose value is used."""
    is_read = isinstance(node, ast.Tuple) and isinstance(node.ctx, ast.Load)
    return is_read and source.text(source.span(node)).startswith("(")


def of_members(source: Source, node: ast.Set | ast.Tuple | ast.List) -> Iterator[tuple[Span, str]]:
    """Each member away."""
    opening, closing = {"Set": "{}", "Tuple": "()", "List": "[]"}[type(node).__name__]
    for gone in node.elts:
        kept = [source.text(source.span(each)) for each in node.elts if each is not gone]
        inside = ", ".join(kept) + ("," if isinstance(node, ast.Tuple) and kept else "")
        is_no_dict = kept or opening != "{"
        yield source.span(node), f"{opening}{inside}{closing}" if is_no_dict else "set()"
