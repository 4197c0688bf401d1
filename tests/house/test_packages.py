"""Rooms that can be kept in mind: at most twelve modules, and a word on what each is for."""

import ast
import re
from collections import Counter

from tests.house.tree import ROOT, parsed, tracked
from tests.support.nothing import require_none

MOST = 12
START = re.compile(r"[Ss]tart\s+(?:with|at)\s+(.*)", re.DOTALL)
NAME = re.compile(r"`(\w+)[\w.]*`")


def test_no_package_has_more_than_twelve_modules():
    modules = [path for path in tracked("portal/*.py") if path.name != "__init__.py"]
    counts = Counter(str(path.parent.relative_to(ROOT)) for path in modules)
    require_none(
        {name: f"{count} modules" for name, count in counts.items() if count > MOST},
        f"At most {MOST} modules: give the newest concern a package of its own, with an __init__.py"
        " that says what it is for and where to start",
    )


def test_each_package_says_what_it_is_for_and_where_to_start():
    silent = []
    for path in tracked("portal/*__init__.py"):
        said = ast.get_docstring(parsed(path)) or ""
        if len(said) < 60 or not START.search(said):
            silent.append(str(path.relative_to(ROOT)))
    require_none(
        silent,
        "Say in two or three sentences what the package is for and what it may touch, and end"
        " with “Start with `module`.”",
    )


def test_where_to_start_is_in_the_package():
    """A module, a package, or a name of its `__init__.py`."""
    dead = []
    for path in tracked("portal/*__init__.py"):
        tree = parsed(path)
        start = START.search(ast.get_docstring(tree) or "")
        own = {
            each.name for each in ast.walk(tree) if isinstance(each, ast.FunctionDef | ast.alias)
        }
        own |= {each.stem for each in path.parent.iterdir()}
        names = NAME.findall(start[1]) if start else []
        dead += [f"{path.relative_to(ROOT)}: {name}" for name in names if name not in own]
    require_none(dead, "“Start with” names what is not there: name a module of the package")
