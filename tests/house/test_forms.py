"""Every route that changes something reads a form of its own, and nothing else."""

import ast
import inspect
import sys
from functools import cache

from flask import Flask

from tests.house.tree import ROOT, parsed, tracked
from tests.support.nothing import require_none

#: Who reads what was posted by hand, and why.
READ_BY_HAND = {
    "portal/core/forms.py": "the ground of the forms themselves",
    "portal/accounts/login/confirm_password.py": "carries another form through a login",
    "portal/accounts/login/cross_site.py": "knows a mail program by the one line that it sends",
}
BY_HAND = {"form", "files", "values", "json", "get_json", "data", "get_data", "stream"}
GIVES_A_FORM = ("Form", "_form", "require_pressed", "phrase_typed")


def reads_by_hand(tree: ast.AST) -> bool:
    """Of a module: `request.form` and its kin."""
    return any(
        isinstance(node, ast.Attribute)
        and node.attr in BY_HAND
        and isinstance(node.value, ast.Name)
        and node.value.id == "request"
        for node in ast.walk(tree)
    )


def builds_a_form(names: set[str], module: dict[str, set[str]], seen: frozenset[str]) -> bool:
    """By itself, or by a function of its own module."""
    if any(name.endswith(GIVES_A_FORM) for name in names):
        return True
    return any(
        builds_a_form(module[name], module, seen | {name})
        for name in names & set(module)
        if name not in seen
    )


@cache
def functions_of(text: str) -> dict[str, set[str]]:
    return {
        node.name: {
            each.id if isinstance(each, ast.Name) else each.attr
            for each in ast.walk(node)
            if isinstance(each, ast.Name | ast.Attribute)
        }
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef)
    }


def test_what_is_posted_is_read_by_forms(app: Flask):
    modules = tracked("portal/**/*.py", "portal/*.py")
    by_hand = {
        path for path in modules if "request" in path.read_text() and reads_by_hand(parsed(path))
    }
    names = {path.relative_to(ROOT).as_posix() for path in by_hand}
    require_none(
        names - set(READ_BY_HAND), "Read what was posted by a form (BaseForm), not by hand"
    )
    require_none(set(READ_BY_HAND) - names, "Remove these from READ_BY_HAND")
    pages = [path for path in tracked("portal/**/*.html") if "request.form" in path.read_text()]
    require_none(pages, "Give the template the form, not what was posted")

    formless = []
    for rule in app.url_map.iter_rules():
        if "POST" not in (rule.methods or set()):
            continue
        view = inspect.unwrap(app.view_functions[rule.endpoint])
        module = functions_of(inspect.getsource(sys.modules[view.__module__]))
        if not builds_a_form({view.__name__}, module, frozenset()):
            formless.append(rule.endpoint)
    require_none(
        formless, "Read a form in the view (BaseForm), or call require_pressed() for a plain button"
    )
