"""Rooms that can be kept in mind: at most twelve modules, and a word on what each is for."""

import ast
from collections import Counter

from tests.house.tree import ROOT, tracked

MOST = 12


def test_no_package_has_more_than_twelve_modules():
    modules = [path for path in tracked("portal/*.py") if path.name != "__init__.py"]
    counts = Counter(str(path.parent.relative_to(ROOT)) for path in modules)
    assert {name: count for name, count in counts.items() if count > MOST} == {}


def test_each_package_says_what_it_is_for_and_where_to_start():
    silent = []
    for path in tracked("portal/*__init__.py"):
        said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        if len(said) < 60 or "tart with" not in said and "tart at" not in said:
            silent.append(str(path.relative_to(ROOT)))
    assert silent == []
