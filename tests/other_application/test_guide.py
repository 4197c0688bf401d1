"""The lines of the operator's guide about another application's database, tried as they stand."""

import re

from portal.core.configuration.settings import load_settings
from portal.databases.cli import commands
from tests.databases import stage
from tests.support.commands import ROOT, run

GUIDE = (ROOT / "docs" / "operator.md").read_text(encoding="utf-8")
SECTION = GUIDE.split("## Another application's database")[1].split("\n## ")[0]
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", SECTION, re.DOTALL)
[ENV_PY] = [text for kind, text in BLOCKS if kind == "python"]
SETTINGS, COMMANDS = (text.splitlines() for kind, text in BLOCKS if kind == "sh")


def test_the_settings_are_those_that_are_read(newsletter):
    told = dict(line.split("=", 1) for line in SETTINGS)
    folders = {name: str(newsletter.migrations) for name in told if name.endswith("_MIGRATIONS")}

    others = load_settings(told | folders).others
    assert [each.name for each in others] == ["newsletter/production", "newsletter/development"]
    assert others[0].url.host == "db"


def test_the_lines_for_env_py_are_all_it_needs(production, newsletter):
    (newsletter.migrations / "env.py").write_text(ENV_PY)
    refused = newsletter.alembic("upgrade", "head", database=newsletter.production_file)
    assert refused.code != 0
    assert "says it is newsletter/production" in refused.sentence

    made = newsletter.alembic("upgrade", "head", database=newsletter.project / "new.sqlite3")
    assert made.code == 0, made.said
    backup = stage.operate("databases.backup", target=production.name).result["backup"]
    assert stage.operate("databases.rehearse", target=production.name, backup=backup).is_done


def test_the_commands_are_there(production, newsletter):
    for line in COMMANDS:
        words = line.split()
        assert words[:2] == ["flask", "databases"]
        assert words[2] in commands.commands

    for words in (["status"], ["status", "--json"], ["plan", production.name]):
        ended = run("flask", "databases", *words, env=newsletter.variables())
        assert ended.code == 0, ended.said
        assert production.name in ended.out
    linted = run("flask", "databases", "lint", production.name, env=newsletter.variables())
    assert linted.code == 1
    assert "0003_no_nickname.py" in linted.err
