"""Each line of the design's list of attacks has a test that is named after it: `test_<nn>_…`."""

import re

from tests.house.tree import ROOT
from tests.support.nothing import require_none

LINES = 47
#: A one-time code used twice, a row put into the queue.
NOT_YET = {20, 42}
NAMED = re.compile(r"^ *def test_(\d\d)_", re.MULTILINE)


def test_each_line_of_the_security_list_has_its_test() -> None:
    """Named by its number: `test_07_…` for line 7."""
    files = (ROOT / "tests").rglob("test_*.py")
    named = {int(each) for file in files for each in NAMED.findall(file.read_text("utf-8"))}
    require_none(
        {*range(1, LINES + 1)} - NOT_YET - named,
        "No test is named test_<number>_… for these lines of the list of attacks",
    )
