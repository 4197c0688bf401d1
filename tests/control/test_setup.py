"""`flask portal setup`: what it makes, and what it leaves alone."""

import json
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from tests.control.conftest import SMALL, Demo, flask, set_up
from tests.support.commands import start


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "instance"


def count(data: Path, name: str, query: str) -> int:
    with closing(sqlite3.connect(data / f"{name}.sqlite3")) as connection:
        return connection.execute(query).fetchone()[0]


def contents(data: Path) -> dict[str, list[str]]:
    found = {}
    for file in sorted(data.glob("*.sqlite3")):
        with closing(sqlite3.connect(file)) as connection:
            found[file.name] = list(connection.iterdump())
    return found


def test_the_demo_tells_the_story(data: Path):
    made = start("flask", "portal", "setup", "--demo", env={"PORTAL_DATA": str(data)})
    assert made.code == 0, made.err
    assert count(data, "development", "SELECT count(*) FROM studio_profiles") == 678
    assert count(data, "production", "SELECT count(*) FROM studios") == 642
    assert count(data, "production", "SELECT count(*) FROM user_profiles") == 678
    assert count(data, "production", "SELECT count(*) FROM users") == 679
    assert count(data, "production", "SELECT version_num = '0001' FROM alembic_version") == 1


def test_the_logins_are_shown_once_and_kept_for_their_owner_alone(demo: Demo):
    logins = json.loads((demo.data / "demo-accounts.json").read_text())
    assert set(logins) == {"admin", "ops", "client", "owner"}
    shown = {role for role, login in logins.items() if login["password"] in demo.said}
    assert shown == set(logins)
    assert stat.S_IMODE((demo.data / "demo-accounts.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(demo.data.stat().st_mode) == 0o700
    again = set_up(demo.data, *SMALL).said
    assert not any(login["password"] in again for login in logins.values())


@pytest.mark.parametrize("words", [SMALL, ()], ids=["demo", "plain"])
def test_a_second_set_up_changes_nothing(demo: Demo, words: tuple[str, ...]):
    """Production, which is behind, stays where it is as well."""
    before = contents(demo.data)
    assert count(demo.data, "production", "SELECT version_num = '0001' FROM alembic_version") == 1
    assert set_up(demo.data, *words).code == 0
    assert contents(demo.data) == before
    assert count(demo.data, "ops", "SELECT count(*) FROM contacts WHERE gets_messages") == 3


def test_a_developers_machine_gets_no_production(data: Path):
    made = set_up(data)
    assert made.code == 0, made.err
    assert (data / "development.sqlite3").exists()
    assert not (data / "production.sqlite3").exists()
    assert flask(data, "databases", "check").code == 0


def test_demo_data_never_mixes_with_a_real_control_room(data: Path):
    set_up(data)
    refused = set_up(data, "--demo")
    assert refused.code == 1
    assert refused.err.startswith("Error: This control room is not a demo")
    assert not (data / "demo-accounts.json").exists()


def test_development_that_is_behind_is_brought_to_the_newest_revision(demo: Demo):
    assert flask(demo.data, "db", "downgrade", "0001").code == 0
    assert set_up(demo.data, *SMALL).code == 0
    assert count(demo.data, "development", "SELECT count(*) FROM studio_profiles") == 11


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORTAL_ENV", "staging"),
        ("PORT", "eighty"),
        ("PRODUCTION_DATABASE_URL", "mysql://x/y"),
        ("PRODUCTION_DATABASE_URL", "not a url"),
        ("OPS_DATABASE_URL", "sqlite://"),
        ("PRODUCTION_APPROVAL", "nobody"),
        ("LOG_FORMAT", "xml"),
        ("ACCESS_LOG", "perhaps"),
    ],
)
def test_a_wrong_setting_ends_with_one_line_that_names_it(data: Path, name: str, value: str):
    refused = flask(data, "portal", "setup", **{name: value})
    assert refused.code != 0
    assert name in refused.sentence


def test_a_wrong_setting_ends_a_fresh_process_in_the_same_way(data: Path):
    refused = start("flask", "portal", "setup", env={"PORTAL_DATA": str(data), "PORT": "eighty"})
    assert refused.code != 0
    assert refused.sentence.startswith("Error: PORT is “eighty”")
