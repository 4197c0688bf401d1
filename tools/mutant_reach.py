"""Which tests reach which statement, and how long each takes: a fault is tried by those alone."""

import ast
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

Lines = dict[int, list[str]]


@dataclass
class Reach:
    """`seconds` by test; `lines` by module and line, with the tests that ran that line."""

    seconds: dict[str, float] = field(default_factory=dict)
    lines: dict[str, Lines] = field(default_factory=dict)

    def tests_of(self, module: str, tree: ast.Module, line: int) -> list[str]:
        """Those that run the statement; of one outside of functions, all that run the module.

        What runs only in another process is not seen: then all tests are meant.
        """
        lines = self.lines.get(module, {})
        first, last, is_in_function = statement_at(tree, line)
        if not is_in_function:
            first, last = 0, max(lines, default=0)
        return self.in_order(self.tests_between(module, first, last) or set(self.seconds))

    def is_reached(self, module: str, tree: ast.Module, line: int) -> bool:
        """Whether a test runs the statement itself: otherwise only an import may do so."""
        first, last, is_in_function = statement_at(tree, line)
        return is_in_function and bool(self.tests_between(module, first, last))

    def tests_between(self, module: str, first: int, last: int) -> set[str]:
        lines = self.lines.get(module, {})
        return {test for at in range(first, last + 1) for test in lines.get(at, [])}

    def in_order(self, tests: set[str]) -> list[str]:
        """The quickest first, but those of a file together: they share what it prepares."""
        of_files: dict[str, float] = {}
        for test in tests:
            file = test.split("::")[0]
            of_files[file] = of_files.get(file, 0) + self.seconds[test]
        return sorted(
            tests,
            key=lambda test: (
                of_files[test.split("::")[0]],
                test.split("::")[0],
                self.seconds[test],
            ),
        )

    def lasts(self, tests: list[str]) -> float:
        return sum(self.seconds[test] for test in tests)


def statement_at(tree: ast.Module, line: int) -> tuple[int, int, bool]:
    """First and last line of the innermost statement, of a compound one its head."""
    found = (line, line, False)
    for node, is_in_function in statements(tree, is_in_function=False):
        body = getattr(node, "body", None)
        last = body[0].lineno - 1 if body else node.end_lineno or node.lineno
        if node.lineno <= line <= max(last, node.lineno):
            found = node.lineno, max(last, node.lineno), is_in_function
    return found


def statements(node: ast.AST, *, is_in_function: bool) -> Iterator[tuple[ast.stmt, bool]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt):
            yield child, is_in_function
        is_function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
        yield from statements(child, is_in_function=is_in_function or is_function)


class Measuring:
    """A plugin of pytest that notes for each test how long it took and which lines it ran."""

    def __init__(self, folder: Path, modules: list[str]) -> None:
        self.folder, self.modules = folder, modules
        include = [str(folder / each) for each in modules]
        import coverage  # noqa: PLC0415 — of the checks; what tests of this module need not have

        self.coverage = coverage.Coverage(data_file=None, include=include, config_file=False)
        self.coverage.set_option(
            "run:disable_warnings", ["module-not-measured", "no-data-collected"]
        )
        self.seconds: dict[str, float] = {}
        self.coverage.start()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[object]:
        started = time.monotonic()
        self.coverage.switch_context(item.nodeid)
        try:
            return (yield)
        finally:
            self.coverage.switch_context("")
            self.seconds[item.nodeid] = time.monotonic() - started

    def pytest_sessionfinish(self) -> None:
        self.coverage.stop()
        data = self.coverage.get_data()
        lines = {
            module: data.contexts_by_lineno(str(self.folder / module)) for module in self.modules
        }
        found = json.dumps({"seconds": self.seconds, "lines": lines})
        (self.folder / "reach.json").write_text(found, encoding="utf-8")


def measured_in(folder: Path) -> Reach:
    found = json.loads((folder / "reach.json").read_text(encoding="utf-8"))
    lines = {
        module: {int(at): [each for each in tests if each] for at, tests in by_line.items()}
        for module, by_line in found["lines"].items()
    }
    return Reach(found["seconds"], lines)


class Chosen:
    """A plugin of pytest that runs only these tests, in this order; all, if none is there."""

    def __init__(self, tests: list[str]) -> None:
        self.rank = {test: at for at, test in enumerate(tests)}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        if kept := [each for each in items if each.nodeid in self.rank]:
            items[:] = sorted(kept, key=lambda each: self.rank[each.nodeid])
