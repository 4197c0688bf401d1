"""Who may import whom, checked like any behaviour. The contracts stand in pyproject.toml."""

import subprocess
import sys

from tests.house.tree import ROOT, tracked
from tests.support.nothing import require_none


def test_every_import_keeps_to_the_contracts():
    words = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"]
    found = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout[-3000:]


def test_what_a_feature_knows_never_imports_flask():
    """Services, queries and models know no request; `core` wraps Flask for them."""
    knowing = {"models.py", "service.py", "queries.py"}
    texts = {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for path in tracked("portal/*.py")
        if path.name in knowing
    }
    require_none(
        [name for name, text in texts.items() if "import flask" in text or "from flask" in text],
        "Import no Flask here: the view hands over what is needed of the request",
    )
