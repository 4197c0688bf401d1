"""Every address stands in a saved list, so that a change of the interface is seen in review.

Write the list anew by copying what the failing test shows.
"""

from flask import Flask

from tests.house.tree import ROOT

SAVED = ROOT / "tests" / "house" / "routes.txt"


def addresses(app: Flask) -> list[str]:
    found = []
    for rule in app.url_map.iter_rules():
        methods = ",".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
        found.append(f"{rule.rule} {methods} {rule.endpoint}")
    return sorted(found)


def test_the_addresses_are_the_saved_ones(app: Flask):
    assert addresses(app) == SAVED.read_text(encoding="utf-8").splitlines()


def test_a_page_that_changes_something_never_does_so_by_get(app: Flask):
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint].__name__
        if view.startswith(("create_", "delete_", "update_", "end_")):
            assert "GET" not in (rule.methods or set()), rule.rule
