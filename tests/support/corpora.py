"""Other people's text: where PORTAL_CORPORA says, else in ../shared. Under CI it must be there."""

import json
import os
from functools import cache
from pathlib import Path

import pytest

from portal.core.configuration.settings import ROOT

FOLDER = (ROOT / (os.environ.get("PORTAL_CORPORA") or "../shared")).resolve()


def need_corpora() -> Path:
    """The folder with `source/` and `corpora/`; without it the test is skipped, or fails in CI."""
    if (FOLDER / "corpora").is_dir():
        return FOLDER
    if os.environ.get("CI") == "true":
        pytest.fail("PORTAL_CORPORA names no folder with corpora/ in it.")
    pytest.skip("No corpora here: set PORTAL_CORPORA.")


def public_runbooks() -> list[Path]:
    """For parametrising: empty where there are no corpora."""
    return sorted((FOLDER / "corpora" / "runbooks").rglob("*.md"))


@cache
def hostile_strings() -> tuple[str, ...]:
    """Every string of the hostile collections that holds anything."""
    folder = need_corpora() / "corpora" / "hostile"
    found = [text for file in sorted(folder.rglob("*.*")) for text in _strings_in(file)]
    return tuple(text for text in found if text.strip())


def _strings_in(file: Path) -> list[str]:
    if file.suffix == ".json":
        return [str(each) for each in json.loads(file.read_text(encoding="utf-8"))]
    return file.read_text(encoding="utf-8", errors="replace").splitlines()
