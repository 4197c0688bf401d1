"""Every test that the documents call a proof is there."""

import ast
import re

import pytest

from tests.house.tree import ROOT

NAMED = re.compile(r"`([\w/]+\.py)(?:::(\w+))?`")
PAGE = (ROOT / "docs" / "proofs.md").read_text(encoding="utf-8")
PROOFS = NAMED.findall(PAGE)


@pytest.mark.parametrize(("file", "name"), sorted(set(PROOFS) - {("env.py", "")}))
def test_a_proof_is_there(file: str, name: str) -> None:
    module = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
    names = {each.name for each in module.body if isinstance(each, ast.FunctionDef)}
    assert name in names | {""}


def test_there_are_proofs() -> None:
    assert len(PROOFS) > 40


def test_each_fault_is_proven_on_both_engines_or_it_is_said_why_not() -> None:
    rows = [line.split(" | ") for line in PAGE.split("## The faults")[1].splitlines()]
    cells = [(row[0], cell.strip("| ")) for row in rows if len(row) == 3 for cell in row[1:]]
    assert len(cells) > 40
    assert [row for row, cell in cells if len(cell) < 5] == []
