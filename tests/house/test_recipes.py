"""docs/development.md has recipes; each is carried out in a copy. Its own test runs there in
`make trials`: tests/house/trial_recipes.py.

A block is for the file that its first line names: it becomes that file, or goes to its end
(`at-end`), below the line that begins so (`after`; `skip=N`: N lines further on), or instead of it.
"""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from portal.databases.migrations.history import OPS_FOLDER, History
from tests.house.test_fixed_names import revisions
from tests.house.tree import ROOT
from tests.support.databases import HEAD

FILES = ("git", "ls-files", "--cached", "--others", "--exclude-standard", ":!docs/screenshots")
BLOCK = re.compile(r"^```\w+ ([\w./-]+\.\w+)(.*)\n((?:.*\n)*?)```$", re.MULTILINE)
OPTION = re.compile(r"""(after|instead-of|skip)=(?:"([^"]*)"|'([^']*)'|(\d+))|(at-end)""")
OPS_HEAD = History(OPS_FOLDER).head()
RECIPES = (ROOT / "docs" / "development.md").read_text(encoding="utf-8").split("## Recipes")[1]
TITLES = re.findall(r"^### (Add .+)$", RECIPES, re.MULTILINE)


HERE = "a recipe of docs/development.md"
OWN_NAMES = "Its names are examples: give what you add a name of its own."
LINE = "Let the block there name another line, or do what it shows in another way."


@dataclass(frozen=True)
class Block:
    file: str
    options: dict[str, str]
    text: str

    def carry_out(self, tree: Path) -> None:
        path = tree / self.file
        if not self.options and path.exists():
            raise AssertionError(f"{self.file} is there, and {HERE} makes it. {OWN_NAMES}")
        if self.options and not path.exists():
            raise AssertionError(f"{self.file} is gone, and {HERE} adds to it. {LINE}")
        path.parent.mkdir(parents=True, exist_ok=True)
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        try:
            path.write_text(self.changed(before), encoding="utf-8")
        except ValueError as missing:
            raise AssertionError(
                f"No line of {self.file} begins with {missing}, where {HERE} adds to it. {LINE}"
            ) from None

    def changed(self, before: str) -> str:
        lines, own = before.splitlines(), self.text.splitlines()
        if mark := self.options.get("after"):
            at = line_of(mark, lines) + 1 + int(self.options.get("skip", 0))
            lines[at:at] = own
        elif mark := self.options.get("instead-of"):
            at = line_of(mark, lines)
            lines[at : at + 1] = own
        else:
            lines += own
        return "\n".join(lines) + "\n"


def line_of(mark: str, lines: list[str]) -> int:
    """Raises ValueError where a recipe names a line that is no longer there."""
    if found := [at for at, line in enumerate(lines) if line.startswith(mark)]:
        return found[0]
    raise ValueError(repr(mark))


def blocks_of(recipe: str) -> list[Block]:
    section = RECIPES.split(f"### {recipe}\n")[1].split("\n### Add ")[0]
    return [
        Block(
            file,
            {
                kind or end: one or other or n
                for kind, one, other, n, end in OPTION.findall(options)
            },
            text.replace("~~~", "```").replace('"HEAD"', f'"{HEAD}"').replace("OPS_HEAD", OPS_HEAD),
        )
        for file, options, text in BLOCK.findall(section)
    ]


def list_new_revisions(tree: Path) -> None:
    """As the test of fixed names asks: its line has the hash of the file."""
    names = tree / "tests" / "house" / "fixed_names.txt"
    listed = names.read_text(encoding="utf-8")
    for line in (each for each in revisions(tree) if each not in listed):
        listed += f"{line}\n"
    names.write_text(listed, encoding="utf-8")


class Scratch:
    """A copy of the repository with all recipes carried out; `misfits`: blocks that have no place,
    by the title of their recipe."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        names = subprocess.run(FILES, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        for name in filter(lambda name: (ROOT / name).is_file(), names.splitlines()):
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target)
        subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
        self.misfits: dict[str, list[str]] = {title: [] for title in TITLES}
        for title in TITLES:
            for block in blocks_of(title):
                self._carry_out(block, title)
        list_new_revisions(folder)

    def _carry_out(self, block: Block, title: str) -> None:
        try:
            block.carry_out(self.folder)
        except AssertionError as misfit:
            self.misfits[title].append(str(misfit))


def new_tests_of(recipe: str) -> list[str]:
    """Without those that it only adds a line to."""
    new = (each.file for each in blocks_of(recipe) if not each.options)
    return [file for file in new if Path(file).name.startswith("test_")]


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Scratch:
    return Scratch(tmp_path_factory.mktemp("recipes"))


def test_there_is_a_recipe_for_what_is_added_most() -> None:
    wanted = ["a page", "a runbook action", "a revision", "an ops table", "a setting"]
    assert [f"Add {each}" for each in wanted] == TITLES


@pytest.mark.parametrize("title", TITLES)
def test_a_recipe_has_a_test_and_its_blocks_find_their_places(scratch: Scratch, title: str) -> None:
    assert new_tests_of(title), f"{title}: a recipe ends with a test of its own"
    if scratch.misfits[title]:
        raise AssertionError("\n".join(scratch.misfits[title]))


def test_a_block_without_a_place_names_it_and_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("one\n")
    for options, words in (
        ({"after": "two"}, "No line of a.py begins with 'two'"),
        ({}, "a.py is there"),
    ):
        with pytest.raises(AssertionError, match=words):
            Block("a.py", options, "three\n").carry_out(tmp_path)
    with pytest.raises(AssertionError, match="b.py is gone"):
        Block("b.py", {"at-end": ""}, "three\n").carry_out(tmp_path)
