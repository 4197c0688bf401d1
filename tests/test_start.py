"""A process gets as much of the application as it is there for, and all that it relies on."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest

from portal import start
from portal.groups import GROUPS
from tests.support.commands import ROOT, run

AFTER = """
import importlib, json, os, sys
import flask.cli

words = sys.argv[1:]
if words == ["wsgi"]:
    from wsgi import app
else:
    try:
        flask.cli.main()
    except SystemExit as ending:
        print(ending.code, file=sys.stderr)
    from wsgi import app
loaded = sorted(sys.modules)
known = {}
if "portal.features" in loaded:
    from portal.core.storage.database import DirectoryModel, OpsModel
    from portal.jobs.leases import places
    from portal.jobs.operations import registry
    from portal.jobs.worker import each_second as ticks
    from portal.jobs.operations.lifecycle import operation_finished
    from portal.runbooks.engine import registry as runbooks

    def names(functions):
        return sorted(f"{each.__module__}.{each.__qualname__}" for each in functions)

    known = {
        "jobs": sorted(registry._jobs),
        "ticks": names(ticks._ticks),
        "finders": names(places._finders),
        "actions": sorted(runbooks._actions),
        "plans": sorted(runbooks._plans),
        "targets": names(runbooks._targets),
        "findings": names(runbooks._findings),
        "listeners": len(operation_finished.receivers),
        "tables": sorted([*DirectoryModel.metadata.tables, *OpsModel.metadata.tables]),
        "classes": sorted(
            mapper.class_.__name__
            for model in (DirectoryModel, OpsModel)
            for mapper in model.registry.mappers
        ),
    }
    for module in os.environ.get("ALSO", "").split():
        importlib.import_module(module)
print("\\n" + json.dumps({
    "loaded": loaded,
    "known": known,
    "with_all_groups": sorted(sys.modules),
    "pages": sorted(str(rule) for rule in app.url_map.iter_rules()),
}))
"""

#: What no command needs in order to be named.
HEAVY = {
    "PIL", "alembic", "argon2", "email_validator", "flask_login", "flask_migrate",
    "flask_sqlalchemy", "flask_wtf", "fsspec", "gunicorn", "huey", "markdown", "mako", "psycopg",
    "rapidfuzz", "sqlalchemy.orm", "sqlglot", "weasyprint", "wtforms", "yaml",
}  # fmt: skip
#: What a process loads where it uses it, but for the web, which has it from the start.
LATER = {"email_validator", "huey", "psycopg"}
PAGES = ("url_for(", "render_template", "test_request_context")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("start")


def after(folder: Path, *words: str, **more: str) -> dict[str, Any]:
    """What a fresh process knows once it has done what the words say."""
    env = {**os.environ, "PORTAL_DATA": str(folder), "SECRET_KEY": "only for tests", **more}
    asked = [sys.executable, "-c", AFTER, *words]
    ended = subprocess.run(asked, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    *said, last = ended.stdout.splitlines()
    return {**json.loads(last), "said": "\n".join(said)}


@pytest.fixture(scope="module")
def of_web(folder: Path) -> dict[str, Any]:
    return after(folder, "wsgi")


@pytest.fixture(scope="module")
def of_a_job(folder: Path) -> dict[str, Any]:
    modules = " ".join(group.module for group in GROUPS.values())
    return after(folder, "jobs", "execute", "1", "--worker", "1", ALSO=modules)


@pytest.mark.parametrize("name", GROUPS)
def test_a_group_is_named_as_its_feature_names_it(name: str) -> None:
    group = GROUPS[name]
    module = __import__(group.module, fromlist=["_"])
    real: click.Group = getattr(module, group.attribute)
    said = (real.name, real.help or real.callback.__doc__)
    assert said == (name, group.help), "portal/groups.py says it as the feature does"
    assert group.pages <= set(real.commands), "portal/groups.py: pages are commands of the group"


def test_each_feature_with_commands_has_its_group() -> None:
    files = [*(ROOT / "portal").glob("*/cli.py"), *(ROOT / "portal").glob("*/cli/__init__.py")]
    modules = {
        ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for file in files
    }
    named = {group.module for group in GROUPS.values()} - {"flask_migrate.cli"}
    assert modules == named, "portal/groups.py has a line for each feature with commands"


def test_help_names_every_group_and_imports_no_feature(folder: Path) -> None:
    found = after(folder, "--help")
    for name, group in GROUPS.items():
        assert f"{name:<12}{group.help}" in found["said"]
    loaded = set(found["loaded"])
    assert loaded & HEAVY == set()
    ours = {name for name in loaded if name.startswith("portal.")}
    own = {"portal.core", "portal.groups", "portal.start"}
    assert {name for name in ours if not name.startswith("portal.core.")} == own


def test_the_process_of_a_job_knows_what_the_web_knows(
    of_web: dict[str, Any], of_a_job: dict[str, Any]
) -> None:
    assert of_a_job["known"] == of_web["known"], "portal/features.py imports what registers itself"
    assert all(of_web["known"].values())
    loaded = set(of_a_job["loaded"])
    assert [each for each in loaded if ".views" in each or each.startswith("portal.web")] == []
    own = {"portal.app", "portal.jobs.worker.loop", "flask_wtf", "flask_login"}
    assert loaded & (own | LATER | {"sqlglot", "weasyprint"}) == set()
    assert of_a_job["pages"] == ["/static/<path:filename>"]


def test_the_web_has_every_page_before_the_first_request(of_web: dict[str, Any]) -> None:
    assert {"/", "/ops", "/ops/databases", "/client", "/healthz"} <= set(of_web["pages"])
    assert set(of_web["loaded"]) >= LATER


def test_no_command_gives_addresses_of_pages_unless_its_group_says_so(
    of_a_job: dict[str, Any],
) -> None:
    ours = {name for name in of_a_job["with_all_groups"] if name.startswith("portal.")}
    files = {name: ROOT.joinpath(*name.split(".")) for name in ours}
    texts = {
        name: (file / "__init__.py" if file.is_dir() else file.with_suffix(".py")).read_text()
        for name, file in files.items()
    }
    found = {name for name, text in texts.items() if any(each in text for each in PAGES)}
    home = {name for name in found if name.startswith("portal.control.home.")}
    assert (found - home, bool(home)) == ({"portal.control.checking"}, True)
    users = {name for name, text in texts.items() if "portal.control.checking import" in text}
    assert users == {"portal.databases.cli.status"}  # flask databases check
    assert GROUPS["databases"].pages == {"check"}


def test_flasks_own_commands_have_every_page(folder: Path) -> None:
    env = {**os.environ, "PORTAL_DATA": str(folder), "SECRET_KEY": "only for tests"}
    assert "/ops/databases" in run("flask", "routes", env=env).out


def test_a_server_that_is_a_click_command_gets_all_of_it() -> None:
    with click.Context(click.Command("serve")):
        assert not start._looks_for_a_command()
