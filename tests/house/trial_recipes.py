"""docs/development.md has recipes; each is carried out in a copy, and its own test runs there."""

import subprocess
import sys

import pytest

from tests.house.test_recipes import TITLES, Scratch, new_tests_of

HELD = (
    *(
        f"tests/house/test_{name}.py"
        for name in ("routes", "forms", "audit_actions", "fixed_names", "packages", "layers")
    ),
    "tests/control/test_ops_history.py",
    "tests/core/test_required_fields.py",
    "tests/house/test_documents.py::test_each_runbook_action_is_in_the_guide",
    "tests/accounts/test_permissions.py::test_the_guide_says_what_the_table_says",
    "tests/audit/test_export.py",
    "tests/databases/sync/test_columns.py",
    "tests/databases/test_others_write_meanwhile.py",
    "tests/security/test_refused_input.py",
    "tests/web/test_navigation.py",
    "tests/web/test_one_of_each.py",
    "tests/web/budgets/test_budgets.py",
)


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> str:
    """By pytest in the copy."""
    folder = Scratch(tmp_path_factory.mktemp("recipes")).folder
    own = [file for title in TITLES for file in new_tests_of(title)]
    words = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rA", *own, *HELD]
    found = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    return found.stdout + found.stderr


def failures(said: str) -> str:
    """What pytest says of those that failed, without the list of all."""
    return said.partition("= FAILURES =")[2].partition("short test summary info")[0] or said[-3000:]


@pytest.mark.parametrize("title", TITLES)
def test_a_recipe_works(said: str, title: str) -> None:
    for file in new_tests_of(title):
        assert f"PASSED {file}::" in said, failures(said)
        assert f"FAILED {file}::" not in said, failures(said)


def test_what_holds_for_all_holds_for_them_too(said: str) -> None:
    assert "FAILED " not in said, failures(said)
    assert "ERROR " not in said, failures(said)
