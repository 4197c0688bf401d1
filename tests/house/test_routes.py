"""Every address stands in a saved list, so that a change of the interface is seen in review.

A failing test shows the lines to add, and those to remove.
"""

from flask import Flask

from tests.house.tree import ROOT
from tests.support.nothing import require_none

SAVED = ROOT / "tests" / "house" / "routes.txt"


def addresses(app: Flask) -> list[str]:
    found = []
    for rule in app.url_map.iter_rules():
        methods = ",".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
        found.append(f"{rule.rule} {methods} {rule.endpoint}")
    return sorted(found)


def test_the_addresses_are_the_saved_ones(app: Flask):
    saved, present = SAVED.read_text(encoding="utf-8").splitlines(), addresses(app)
    require_none(set(present) - set(saved), "Add these lines to tests/house/routes.txt")
    require_none(
        set(saved) - set(present),
        "Nothing answers at these addresses, which others may hold on to: let them answer, or"
        " remove the lines from tests/house/routes.txt",
    )
    unsorted = [each for each, right in zip(saved, present, strict=False) if each != right]
    require_none(unsorted[:1], "Sort tests/house/routes.txt: this line is in another's place")


def test_a_page_that_changes_something_never_does_so_by_get(app: Flask):
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint].__name__
        if view.startswith(("create_", "delete_", "update_", "end_")):
            assert "GET" not in (rule.methods or set()), f"{rule.rule}: take blueprint.post"
