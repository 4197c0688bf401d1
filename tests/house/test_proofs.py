"""Every test that the documents call a proof is there."""

import ast
import re

import pytest

from tests.house.tree import ROOT

NAMED = re.compile(r"`([\w/]+\.py)(?:::(\w+))?`")
PROOFS = NAMED.findall((ROOT / "docs" / "proofs.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("file", "name"), sorted(set(PROOFS) - {("env.py", "")}))
def test_a_proof_is_there(file: str, name: str) -> None:
    module = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
    names = {each.name for each in module.body if isinstance(each, ast.FunctionDef)}
    assert name in names | {""}


def test_there_are_proofs() -> None:
    assert len(PROOFS) > 40
