"""What `make` goes by: lists of files that are there, locks that are what is pinned."""

import ast
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.house.tree import ROOT
from tests.support.nothing import require_none
from tools import covered, known_holes, pins
from tools.mutant_places import Ended
from tools.mutant_reach import Reach
from tools.mutant_server import is_inside, put_in
from tools.mutants import Group, Trial, decided, groups
from tools.mutations import Mutant, mutants_of

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def absent(names: list[str]) -> list[str]:
    return [name for name in names if not (ROOT / name).is_file()]


def test_the_quick_tests_are_there_once_each():
    names = (ROOT / "tests" / "quick.txt").read_text(encoding="utf-8").split()
    require_none(absent(names), "tests/quick.txt names what is not there: remove or rename it")
    assert len(names) == len(set(names)) > 80


def files_of(group: Group) -> list[str]:
    return [each.split("::")[0] for each in group.tests]


def test_modules_and_tests_of_the_mutants_are_there():
    assert {group.name for group in groups()} == {"guard", "tickets", "audit", "delivery", "access"}
    require_none(
        absent([each for group in groups() for each in (*group.modules, *files_of(group))]),
        "tools/mutants.toml names what is not there: remove or rename it",
    )


def test_a_fault_that_counts_as_equivalent_can_still_be_made():
    for group in groups():
        for module, listed in group.equivalent.items():
            text = (ROOT / module).read_text(encoding="utf-8")
            require_none(
                set(listed) - {each.words for each in mutants_of(text)},
                f"tools/mutants.toml, {module}: its text has changed: write these anew",
            )


def test_a_fault_is_tried_by_the_tests_that_run_its_statement():
    head = "LIMIT = 2\n\n\ndef f(a):\n    if a:\n"
    tree = ast.parse(f"{head}        return LIMIT\n    return g(\n        a\n    )\n")
    lines = {5: ["t.py::a", "t.py::b"], 6: ["t.py::a"], 7: ["t.py::b"]}
    reach = Reach({"t.py::a": 2.0, "t.py::b": 1.0, "u.py::c": 0.1}, {"m.py": lines})
    assert reach.tests_of("m.py", tree, 6) == ["t.py::a"]
    assert reach.tests_of("m.py", tree, 8) == ["t.py::b"], "a statement of several lines"
    assert reach.tests_of("m.py", tree, 5) == ["t.py::b", "t.py::a"], "the quickest first"
    assert reach.tests_of("m.py", tree, 1) == ["t.py::b", "t.py::a"], "all that run the module"
    assert reach.is_reached("m.py", tree, 8)
    assert not reach.is_reached("m.py", tree, 1), "only an import runs it"
    assert reach.tests_of("other.py", tree, 1) == ["u.py::c", "t.py::b", "t.py::a"], "all"


MODULE = """LIMIT = 2
def kept(function):
    return lambda: function() + LIMIT
@kept
def f():
    return (lambda: 1)()
class C:
    SIZE = 1
    def size(self):
        return self.SIZE + 2
"""


@pytest.mark.parametrize(
    ("old", "new", "inside"),
    [("2\ndef", "3\ndef", False), ("SIZE = 1", "SIZE = 2", False), ("+ 2", "- 2", True)],
)
def test_a_fault_in_a_function_needs_no_new_import(old: str, new: str, inside: bool):
    assert is_inside(MODULE, MODULE.replace(old, new)) is inside


def test_a_fault_is_put_into_functions_wherever_they_are(tmp_path: Path):
    file = tmp_path / "m.py"
    room: dict[str, Any] = {}
    exec(compile(MODULE, str(file), "exec"), room)
    f, c = room["f"], room["C"]()
    assert (f(), c.size()) == (3, 3)
    put_in(file, MODULE, MODULE.replace("lambda: 1", "lambda: 5").replace("E + 2", "E - 2"))
    assert (f(), c.size()) == (7, -1)


LATE, FAILED, PASSED = Ended(None, 24.0, ""), Ended(1, 2.0, "FAILED t.py::a"), Ended(0, 2.0, "")


@pytest.mark.parametrize(
    ("answers", "decision"),
    [
        ([FAILED], FAILED),
        ([PASSED], PASSED),
        ([LATE, PASSED], LATE),
        (
            [Ended(1, 9.0, "Timeout (>120.0s) from pytest-timeout"), replace(PASSED, seconds=9)],
            None,
        ),
        ([LATE, replace(PASSED, seconds=9), FAILED], FAILED),
        ([LATE, LATE, LATE, LATE, LATE, LATE], None),
    ],
)
def test_a_slow_machine_kills_no_fault(answers: list[Ended], decision: Ended | None):
    """What ends too late counts only if the same tests end in time without the fault."""
    left, limits = iter(answers), []

    class Machine:
        def run(self, run, limit):
            limits.append(limit)
            return next(left, LATE)
            yield

    trial = Trial("m.py", Mutant(1, "a", "b", "b"), ast.parse("a"))
    reach = Reach({"t.py::a": 1.0}, {})
    with pytest.raises(StopIteration) as end:
        next(decided(trial, Machine(), reach))
    assert end.value.value == decision
    assert limits[0] == 24.0


def test_the_locks_are_what_is_pinned():
    require_none(pins.stale(pins.SOURCES), "The locks are not what is pinned")


def test_every_pin_of_a_lock_has_its_hashes():
    for name in pins.SOURCES:
        text = pins.lock_of(name).read_text(encoding="utf-8")
        entries = text.split("\n", 1)[1].replace("\\\n", " ").splitlines()
        assert [each.split()[0] for each in entries] == pins.wanted(name)
        assert [
            each for each in entries if not re.search(r"--hash=sha256:[0-9a-f]{64}", each)
        ] == []


def test_a_lock_that_is_not_what_is_pinned_is_said(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(pins, "ROOT", tmp_path)
    (tmp_path / "locks").mkdir()
    (tmp_path / "requirements.txt").write_text("# why\nFlask==3.1.3\nWerkzeug==3.1.9\n")
    assert "run make pins" in pins.stale(["run"])[0]
    (tmp_path / "locks" / "run.txt").write_text("Flask==3.1.3 \\\n    --hash=sha256:00\n")
    assert "Werkzeug==3.1.9" in pins.stale(["run"])[0]


@pytest.mark.parametrize(
    ("file", "usable"),
    [
        ("a-1-py3-none-any.whl", True),
        ("a-1.tar.gz", True),
        ("a-1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", True),
        ("a-1-cp39-abi3-musllinux_1_2_aarch64.whl", True),
        ("a-1-cp314-cp314-macosx_11_0_arm64.whl", True),
        ("a-1-cp310-cp310-manylinux2014_x86_64.whl", False),
        ("a-1-cp313-cp313t-manylinux2014_x86_64.whl", False),
        ("a-1-cp311-cp311-win_amd64.whl", False),
        ("a-1-pp311-pypy311_pp73-manylinux2014_x86_64.whl", False),
        ("a-1.exe", False),
    ],
)
def test_a_lock_holds_what_pip_may_take_here(file: str, usable: bool):
    assert pins.is_usable(file) is usable


def test_each_kind_of_fault_is_made():
    text = "def f(a, b):\n    if a and not b:\n        raise ValueError(1)\n    return {'x', 'y'}\n"
    found = {each.becomes.strip() for each in mutants_of(text)}
    assert {"or", "not (a and not b)", "(b)", "pass", "2", "None", "{'y'}", "'xx'"} <= found
    assert [each for each in mutants_of(text) if each.text == text] == []


def test_what_is_no_promise_gets_no_fault():
    types = 'P = ParamSpec("P")\nclass Fresh(StrEnum):\n    NEVER = "never"\n'
    assert mutants_of(f'"""Words."""\nlog.info("x")\nname: str\n{types}') == []


def test_a_target_says_what_it_does_and_nothing_else():
    """Each line of a recipe is quiet: what make shows is what a tool has to say."""
    whole = MAKEFILE.replace("\\\n", "")
    loud = [line for line in whole.splitlines() if re.match(r"\t[^@]", line)]
    require_none(loud, "Begin these lines of the Makefile with @")


def test_coverage_has_a_floor_for_each_room_of_the_promise():
    rooms = {f"portal/{name}" for name in ("databases", "audit", "accounts", "runbooks", "emails")}
    assert rooms <= set(covered.floors())
    assert [room for room in covered.floors() if not (ROOT / room).is_dir()] == []


def test_a_room_below_its_floor_or_not_measured_fails():
    files = {"portal/audit/a.py": {"summary": {"covered_lines": 9, "num_statements": 10}}}
    assert covered.report(files, {"portal/audit": 90}) == (
        ["Covered by the quick tests: audit 90 %."],
        0,
    )
    assert covered.report(files, {"portal/audit": 91})[1] == 1
    assert covered.report(files, {"portal/jobs": 1})[1] == 1


def test_a_service_that_is_silent_is_said_and_is_no_failure():
    nobody = [sys.executable, "-c", "import time; time.sleep(9)"]
    assert known_holes.answer(nobody, 0.2) is None
    assert known_holes.answer([sys.executable, "-c", "print('{}')"], 9) is None
    assert known_holes.report(None) == (
        ["Known holes: the service could not be asked, so nothing is known."],
        0,
    )


def test_a_known_hole_fails_and_an_unknown_package_is_no_safe_one():
    hole = {"id": "PYSEC-1", "fix_versions": ["2"]}
    found = [
        {"name": "a", "version": "1", "vulns": [hole]},
        {"name": "b", "version": "1", "vulns": []},
        {"name": "c", "skip_reason": "unknown"},
    ]
    assert known_holes.report(found) == (
        ["Known holes: 1; 2 of 3 packages are known to the service.", "a 1: PYSEC-1, fixed in 2"],
        1,
    )


def test_files_that_are_read_together_pin_a_package_once():
    """pip refuses two versions; `-r` brings the other file along."""
    for file in ROOT.glob("requirements*.txt"):
        text = file.read_text(encoding="utf-8")
        along = [ROOT / line[3:].strip() for line in text.splitlines() if line.startswith("-r ")]
        texts = [text, *(each.read_text(encoding="utf-8") for each in along)]
        versions: dict[str, set[str]] = {}
        for pin in (each for one in texts for each in pins.pins_in(one)):
            versions.setdefault(pin.split("==")[0].lower(), set()).add(pin.split("==")[1])
        assert {name: found for name, found in versions.items() if len(found) > 1} == {}, file
