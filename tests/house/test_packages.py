"""Rooms that can be kept in mind: at most twelve modules, and a word on what each is for."""

import ast
import re
from collections import Counter

from tests.house.tree import ROOT, tracked

MOST = 12
START = re.compile(r"[Ss]tart\s+(?:with|at)\s+(.*)", re.DOTALL)
NAME = re.compile(r"`(\w+)[\w.]*`")


def test_no_package_has_more_than_twelve_modules():
    modules = [path for path in tracked("portal/*.py") if path.name != "__init__.py"]
    counts = Counter(str(path.parent.relative_to(ROOT)) for path in modules)
    assert {name: count for name, count in counts.items() if count > MOST} == {}


def test_each_package_says_what_it_is_for_and_where_to_start():
    silent = []
    for path in tracked("portal/*__init__.py"):
        said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        if len(said) < 60 or not START.search(said):
            silent.append(str(path.relative_to(ROOT)))
    assert silent == []


def test_where_to_start_is_in_the_package():
    """A module, a package, or a name of its `__init__.py`."""
    dead = []
    for path in tracked("portal/*__init__.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        start = START.search(ast.get_docstring(tree) or "")
        own = {
            each.name for each in ast.walk(tree) if isinstance(each, ast.FunctionDef | ast.alias)
        }
        own |= {each.stem for each in path.parent.iterdir()}
        names = NAME.findall(start[1]) if start else []
        dead += [f"{path.relative_to(ROOT)}: {name}" for name in names if name not in own]
    assert dead == []
