"""No secret, registry or machine path stands in a file of the project."""

import re

from tests.house.tree import tracked

FORBIDDEN = re.compile(
    r"BEGIN [A-Z ]*PRIVATE KEY|registry\.npmjs|pypi\.org/simple|files\.pythonhosted"
    r"|/(?:home|root|Users)/\w+"
)


def test_no_file_names_a_registry_or_a_path_of_a_machine():
    for path in tracked("*.py", "*.md", "*.txt", "*.toml", "*.html", "*.js", "*.css", "Makefile"):
        if path.name != "test_files.py":
            assert not FORBIDDEN.search(path.read_text(encoding="utf-8")), path
