"""docs/bad-night.md names each refusal as the code says it, and overrides that the code knows."""

import ast
import re
import shlex
from functools import cache
from pathlib import Path

import click

from portal.app import create_app
from portal.core.configuration.settings import load_settings
from portal.databases.changes.ticket_requirements import PHRASE
from portal.databases.policies.models import OverrideKind
from portal.databases.restores import requirements
from tests.house.tree import ROOT, parsed
from tests.support.nothing import require_none

PAGE = (ROOT / "docs" / "bad-night.md").read_text(encoding="utf-8")
TABLE = PAGE.split("## A refusal is in the way")[1]
ROWS = [row.strip("| ").split(" | ") for row in TABLE.splitlines() if row.startswith("| ")][1:]
INLINE = re.compile(r"`(flask [^`]+)`")
BLOCKS = re.compile(r"^(flask .+?)(?:  +#.*)?$", re.M)
COMMANDS = sorted({*INLINE.findall(PAGE), *BLOCKS.findall(PAGE)})


@cache
def said() -> list[str]:
    """Every piece of text in the code of the databases and of what they stand on."""
    files = [
        *(ROOT / "portal" / "databases").rglob("*.py"),
        *(ROOT / "portal" / "core").rglob("*.py"),
        *(ROOT / "portal" / "jobs").rglob("*.py"),
    ]
    trees = (parsed(file) for file in files)
    nodes = (node for tree in trees for node in ast.walk(tree))
    return [n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)]


def test_a_row_says_what_who_how_and_as_what() -> None:
    assert len(ROWS) > 15
    wrong = [" | ".join(row) for row in ROWS if len(row) != 4]
    require_none(wrong, "docs/bad-night.md: a row has four cells")


def test_every_refusal_is_said_so_in_the_code_and_recorded_so() -> None:
    unsaid, unrecorded = [], []
    for row in ROWS:
        sentences = re.findall(r"“([^”]+)”", row[0])
        pieces = [each.strip(" .") for sentence in sentences for each in sentence.split("…")]
        unsaid += [each for each in pieces if each and not any(each in text for text in said())]
        recorded = re.findall(r"`([a-z]+\.[a-z-]+)`", row[3])
        unrecorded += [name for name in recorded if name not in said()]
    require_none(unsaid, "docs/bad-night.md quotes what no code says: quote it as it is now")
    require_none(unrecorded, "docs/bad-night.md names actions of the audit log that are not there")


def test_every_command_takes_what_the_page_gives_it(tmp_path: Path) -> None:
    settings = load_settings({"PORTAL_DATA": str(tmp_path), "SECRET_KEY": "t"})
    cli = create_app(settings).cli
    assert len(COMMANDS) > 20
    for typed in COMMANDS:
        require_taken(cli, typed)


def require_taken(command: click.Command, typed: str) -> None:
    words = shlex.split(typed.replace("$PORTAL_DATA/backups/OPS-BACKUP.json", __file__))[1:]
    if words[0] == "db":
        return
    while isinstance(command, click.Group):
        context = click.Context(command)
        _, command, words = command.resolve_command(context, words)
        assert command, typed
    if not any(isinstance(each, click.Option) and each.prompt for each in command.params):
        command.make_context(command.name, words)  # fails on a word that it does not take


def test_each_override_of_the_code_is_on_the_page() -> None:
    kinds = {f"override production {kind.value}" for kind in OverrideKind}
    require_none(
        [kind for kind in kinds if kind not in TABLE],
        "Add a row with the command to “A refusal is in the way” of docs/bad-night.md",
    )
    told = {found for text in said() for found in re.findall(r"flask databases [a-z-]+", text)}
    require_none(
        [each for each in told if each not in PAGE and "--" not in each],
        "The code tells people to use these, and docs/bad-night.md does not: add them there",
    )
    verbs = ("RE-ANCHOR", "ADOPT", "TAKE OVER")
    for phrase in (PHRASE, requirements.PHRASE, *(f"{verb} PRODUCTION" for verb in verbs)):
        assert f"`{phrase}`" in TABLE
    assert set(verbs) <= set(said())


def test_each_refusal_that_is_recorded_is_on_the_page() -> None:
    files = (ROOT / "portal" / "databases").rglob("*.py")
    code = "\n".join(file.read_text(encoding="utf-8") for file in files)
    asked = r'(?:Refusal|require_terminal|require_admin)\([^"()]*"([a-z]+\.[a-z-]+)"'
    actions = set(re.findall(asked, code))
    assert len(actions) > 6
    require_none(
        [action for action in actions if f"`{action}`" not in TABLE],
        "Add a row with the action to “A refusal is in the way” of docs/bad-night.md",
    )
