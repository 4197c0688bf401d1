"""The project's own files, as git knows them, for tests that measure the structure."""

import ast
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def tracked(*patterns: str) -> list[Path]:
    """Files git tracks, or would track, that match; vendored files left out."""
    found = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = [ROOT / line for line in found.stdout.splitlines()]
    return [path for path in paths if "vendor" not in path.parts and path.exists()]


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


@dataclass(frozen=True)
class Function:
    """`name` with the file and the line; `length` in lines."""

    name: str
    length: int
    has_typed_return: bool


@cache
def functions(path: Path) -> tuple[Function, ...]:
    """All of a file, nested ones and methods too."""
    return tuple(
        Function(
            f"{path.relative_to(ROOT)}:{node.lineno} {node.name}",
            (node.end_lineno or node.lineno) - node.lineno + 1,
            node.returns is not None,
        )
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
