"""No secret, registry or machine path stands in a file of the project."""

import re
from pathlib import Path

from tests.house.tree import ROOT, tracked
from tests.support.nothing import require_none

FORBIDDEN = re.compile(
    r"BEGIN [A-Z ]*PRIVATE KEY|registry\.npmjs|pypi\.org/simple|files\.pythonhosted"
    r"|(?<![\w.*}])/(?:home|root|Users)/\w+"
)
"""A path of a machine begins where no other path goes on: “control/home/page.py” is none."""

MAKES_FILES = re.compile(
    r"\.mkdir\(|\.touch\(|\.write_text\(|\.write_bytes\(|\bO_CREAT\b|\bmkdtemp\b|\bmkstemp\b"
    r"|NamedTemporaryFile|\bopen\([^)]*[\"'][wax]b?\+?[\"']"
)
BY_OTHER_MEANS = {
    "portal/core/files/": "it is what the others use",
    "portal/databases/backups/strays/aside.py": "the worker's alone, which mkdir's mode says",
    "portal/databases/backups/scratch.py": "the worker's alone, by mkdtemp",
    "portal/databases/backups/offsite/encrypted_copy.py": "writes a descriptor that it was given",
    "portal/databases/engines/sqlite/leases.py": "takes the rights of the database beside it",
    "portal/databases/engines/postgresql/copies/copy.py": "in scratch, and in the system's folder",
    "portal/documents/pdf/child.py": "writes a descriptor that it was given",
}


def test_files_are_made_with_rights_that_do_not_depend_on_a_umask():
    """By portal.core.files.private: for one system user, or for two with PORTAL_GROUP."""
    names = {path: path.relative_to(ROOT).as_posix() for path in tracked("portal/*.py")}
    require_none(
        [
            name
            for path, name in names.items()
            if not name.startswith(tuple(BY_OTHER_MEANS))
            and MAKES_FILES.search(path.read_text(encoding="utf-8"))
        ],
        "Make files and folders by portal.core.files.private, or say in BY_OTHER_MEANS why not",
    )


def test_no_file_names_a_registry_or_a_path_of_a_machine():
    paths = tracked("*.py", "*.md", "*.txt", "*.toml", "*.html", "*.js", "*.css", "Makefile")
    texts = {path: path.read_text(encoding="utf-8") for path in paths if path != Path(__file__)}
    require_none(
        {path: hit[0] for path, text in texts.items() if (hit := FORBIDDEN.search(text))},
        "Take out what belongs to one machine, one registry, or nobody but its owner",
    )


def test_a_path_of_a_machine_is_found_wherever_it_begins():
    for text in ("/home/ana", "'/root/x'", "(/Users/ana)", "PATH=/home/ana", "file:///home/ana"):
        assert FORBIDDEN.search(text), text
    for text in ("control/home/_site.html", "portal/control/home/page.py", "{{ base }}/home/x"):
        assert not FORBIDDEN.search(text), text
