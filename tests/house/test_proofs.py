"""Every test that the documents call a proof is there."""

import ast
import re
from functools import cache

from tests.house.tree import ROOT, parsed
from tests.support.nothing import require_none

NAMED = re.compile(r"`([\w/]+\.py)(?:::(\w+))?`")
PAGE = (ROOT / "docs" / "proofs.md").read_text(encoding="utf-8")
PROOFS = NAMED.findall(PAGE)


@cache
def names_in(file: str) -> set[str]:
    """The file's own functions, and nothing for the file as a whole; empty where there is none."""
    path = ROOT / "tests" / file
    if not path.exists():
        return set()
    module = parsed(path)
    return {each.name for each in module.body if isinstance(each, ast.FunctionDef)} | {""}


def test_every_proof_is_there() -> None:
    named = sorted(set(PROOFS) - {("env.py", "")})
    require_none(
        ["::".join(filter(None, each)) for each in named if each[1] not in names_in(each[0])],
        "docs/proofs.md names tests that are not there: name them as they are called now",
    )


def test_there_are_proofs() -> None:
    assert len(PROOFS) > 40


def test_each_fault_is_proven_on_both_engines_or_it_is_said_why_not() -> None:
    rows = [line.split(" | ") for line in PAGE.split("## The faults")[1].splitlines()]
    cells = [(row[0], cell.strip("| ")) for row in rows if len(row) == 3 for cell in row[1:]]
    assert len(cells) > 40
    require_none(
        {row for row, cell in cells if len(cell) < 5},
        "docs/proofs.md: name a test for each engine, or say why there is none",
    )
