"""Each line of the design's list of attacks has a test that is named after it: `test_<nn>_…`."""

import re

import pytest

from tests.house.tree import ROOT

LINES = 47
#: A one-time code used twice, a row put into the queue.
NOT_YET = {20, 42}
NAMED = re.compile(r"^ *def test_(\d\d)_", re.MULTILINE)


@pytest.fixture(scope="module")
def named() -> set[int]:
    files = (ROOT / "tests").rglob("test_*.py")
    return {int(each) for file in files for each in NAMED.findall(file.read_text("utf-8"))}


@pytest.mark.parametrize("line", sorted({*range(1, LINES + 1)} - NOT_YET))
def test_a_line_of_the_security_list_has_its_test(line: int, named: set[int]) -> None:
    assert line in named, f"name the test of line {line} test_{line:02}_…"
