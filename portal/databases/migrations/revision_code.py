"""A hash of what a revision's file does: its code without comments, docstrings and annotations.

Its own functions and constants count, and each file next to it, or in the history's folder, whose
name occurs in it (SQL that it reads). Modules that it imports do not, nor what it reads elsewhere.
"""

import ast
import hashlib
from collections.abc import Collection, Iterator
from functools import lru_cache
from pathlib import Path

DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
FOR_ANNOTATIONS = {"__future__", "typing", "typing_extensions", "collections.abc", "types"}
IGNORED_FIELDS = {"ctx", "kind", "type_comment", "type_ignores", "type_params"}


def code_digest(file: Path) -> str:
    """Raises OSError or SyntaxError for a file that can't be read as a program."""
    return digest_of(file.read_bytes(), file.parent)


def digest_of(source: bytes, folder: Path) -> str:
    """The digest of a program in this folder; the same under every release of Python."""
    code, words = _read(source)
    named = [f"{name} {sha256}" for name, sha256 in sorted(_files_named(words, folder))]
    return hashlib.sha256("\n".join([code, *named]).encode("utf-8", "surrogatepass")).hexdigest()


@lru_cache(maxsize=64)
def _read(source: bytes) -> tuple[str, frozenset[str]]:
    """What it does, and its texts that may name files."""
    tree = ast.parse(source)
    if not _uses_docstring(tree):
        _Bare().visit(tree)
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    code = _text([each for each in tree.body if not _is_for_annotations(each, used)])
    texts = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return code, frozenset(filter(_may_be_a_file, texts))


class _Bare(ast.NodeTransformer):
    """Keeps only what affects the program's behaviour."""

    def visit(self, node: ast.AST) -> ast.AST | None:
        if isinstance(node, DOCUMENTED) and node.body and _is_docstring(node.body[0]):
            node.body = node.body[1:]
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.returns = None
        found: ast.AST | None = super().visit(node)
        return found

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        if node.value is None:
            return None
        return self.visit(ast.Assign(targets=[node.target], value=node.value))

    def visit_Pass(self, _node: ast.Pass) -> None:
        return None


def _uses_docstring(tree: ast.AST) -> bool:
    """Whether a program uses its own docstring: then all of it counts."""
    return any(
        getattr(node, "id", None) == "__doc__"
        or getattr(node, "attr", None) in {"__doc__", "getdoc"}
        for node in ast.walk(tree)
    )


def _is_docstring(statement: ast.stmt) -> bool:
    value = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def _is_for_annotations(statement: ast.stmt, used: set[str]) -> bool:
    """An import whose names are used in annotations only."""
    if not isinstance(statement, ast.ImportFrom) or statement.module not in FOR_ANNOTATIONS:
        return False
    return not any((each.asname or each.name) in used for each in statement.names)


def _text(value: object) -> str:
    """A node by its non-empty fields: those that a later Python adds are empty here."""
    if isinstance(value, list):
        return f"[{','.join(map(_text, value))}]"
    if not isinstance(value, ast.AST):
        return f"{type(value).__name__}:{value!r}"
    fields = [
        f"{name}={_text(of)}"
        for name, of in ast.iter_fields(value)
        if name not in IGNORED_FIELDS and of is not None and of != []
    ]
    return f"{type(value).__name__}({','.join(fields)})"


def _files_named(names: Collection[str], folder: Path) -> Iterator[tuple[str, str]]:
    """With the SHA-256 of each."""
    for name in names:
        for file in (folder / name, folder.parent / name):
            if file.is_file():
                yield name, hashlib.sha256(file.read_bytes()).hexdigest()


def _may_be_a_file(text: str) -> bool:
    is_short = 0 < len(text) <= 100 and text.isprintable()
    return is_short and not text.startswith("/") and ".." not in text and "." in text
