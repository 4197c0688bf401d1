"""Who may import whom, checked like any behaviour. The contracts stand in pyproject.toml."""

import subprocess
import sys

from tests.house.tree import ROOT, tracked


def test_every_import_keeps_to_the_contracts():
    words = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"]
    found = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout[-3000:]


def test_what_a_feature_knows_never_imports_flask():
    """Services, queries and models know no request; `core` wraps Flask for them."""
    for path in tracked("portal/*.py"):
        names = "/".join(path.relative_to(ROOT).parts)
        if path.name in {"models.py", "service.py", "queries.py"}:
            text = path.read_text(encoding="utf-8")
            assert "import flask" not in text, names
            assert "from flask" not in text, names
