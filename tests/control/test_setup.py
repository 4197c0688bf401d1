"""`flask portal setup`: what it makes, and what it leaves alone."""

import json
import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.house.tree import ROOT


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "instance"


def flask(data: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "PORTAL_DATA": str(data), **more}
    return subprocess.run(
        [sys.executable, "-m", "flask", *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )


def set_up(data: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return flask(data, "portal", "setup", *more)


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
    made = set_up(data, "--demo")
    assert made.returncode == 0, made.stderr
    assert count(data, "development", "SELECT count(*) FROM studio_profiles") == 678
    assert count(data, "production", "SELECT count(*) FROM studios") == 642
    assert count(data, "production", "SELECT count(*) FROM user_profiles") == 678
    assert count(data, "production", "SELECT count(*) FROM users") == 679
    assert count(data, "production", "SELECT version_num = '0001' FROM alembic_version") == 1


def test_the_logins_are_shown_once_and_kept_for_their_owner_alone(data: Path):
    shown = set_up(data, "--demo", "--studios", "10").stdout
    logins = json.loads((data / "demo-accounts.json").read_text())
    assert set(logins) == {"admin", "ops", "client", "owner"}
    assert all(login["password"] in shown for login in logins.values())
    assert stat.S_IMODE((data / "demo-accounts.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    again = set_up(data, "--demo", "--studios", "10").stdout
    assert not any(login["password"] in again for login in logins.values())


def test_a_second_set_up_changes_nothing(data: Path):
    set_up(data, "--demo", "--studios", "10")
    before = contents(data)
    assert set_up(data, "--demo", "--studios", "10").returncode == 0
    assert contents(data) == before
    assert count(data, "ops", "SELECT count(*) FROM contacts WHERE gets_messages") == 3


def test_production_that_is_behind_stays_where_it_is(data: Path):
    set_up(data, "--demo", "--studios", "10")
    before = contents(data)["production.sqlite3"]
    for words in (("--demo",), ()):
        assert set_up(data, *words).returncode == 0
    assert contents(data)["production.sqlite3"] == before


def test_a_developers_machine_gets_no_production(data: Path):
    made = set_up(data)
    assert made.returncode == 0, made.stderr
    assert (data / "development.sqlite3").exists()
    assert not (data / "production.sqlite3").exists()
    assert flask(data, "databases", "check").returncode == 0


def test_demo_data_never_mixes_with_a_real_control_room(data: Path):
    set_up(data)
    refused = set_up(data, "--demo")
    assert refused.returncode == 1
    assert refused.stderr.startswith("Error: This control room is not a demo")
    assert not (data / "demo-accounts.json").exists()


def test_development_that_is_behind_is_brought_to_the_newest_revision(data: Path):
    set_up(data, "--demo", "--studios", "10")
    assert flask(data, "db", "downgrade", "0001").returncode == 0
    assert set_up(data, "--demo", "--studios", "10").returncode == 0
    assert count(data, "development", "SELECT count(*) FROM studio_profiles") == 11


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORTAL_ENV", "staging"),
        ("PORT", "eighty"),
        ("PRODUCTION_DATABASE_URL", "mysql://x/y"),
        ("PRODUCTION_DATABASE_URL", "not a url"),
        ("OPS_DATABASE_URL", "sqlite://"),
        ("PRODUCTION_APPROVAL", "nobody"),
    ],
)
def test_a_wrong_setting_ends_with_one_line_that_names_it(data: Path, name: str, value: str):
    refused = flask(data, "portal", "setup", **{name: value})
    assert refused.returncode != 0
    assert refused.stderr.count("\n") == 1
    assert name in refused.stderr
    assert "Traceback" not in refused.stderr
