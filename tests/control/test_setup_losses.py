"""`flask portal setup` after a loss: it says what it found, and puts nothing empty in its place."""

import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.control.conftest import SMALL, Demo, flask, set_up


def studios(data: Path) -> int:
    with closing(sqlite3.connect(data / "development.sqlite3")) as connection:
        return connection.execute("SELECT count(*) FROM studio_profiles").fetchone()[0]


@pytest.fixture
def lost(demo: Demo) -> Path:
    """The demo's folder; each test puts back what it takes away."""
    return demo.data


@contextmanager
def without(data: Path, name: str) -> Iterator[None]:
    """The files of a database are elsewhere within the block; a rename keeps what they are."""
    away = data.parent / "away"
    away.mkdir(exist_ok=True)
    for file in data.glob(f"{name}.sqlite3*"):
        file.rename(away / file.name)
    try:
        yield
    finally:
        for file in data.glob(f"{name}.sqlite3*"):
            file.unlink()
        for file in away.iterdir():
            file.rename(data / file.name)


def test_a_lost_development_is_not_replaced_by_an_empty_one(lost: Path):
    with without(lost, "development"):
        refused = set_up(lost)
        assert refused.code == 1
        assert "development.sqlite3, and development should be there." in refused.err
        assert "Nothing was created in its place." in refused.err
        assert "No backup of it is known here." in refused.err
        assert "flask databases restore development BACKUP" in refused.err
        assert "flask portal setup --new-development" in refused.err
        assert not (lost / "development.sqlite3").exists()
    assert set_up(lost).code == 0


def test_one_that_is_empty_now_counts_as_lost(lost: Path):
    with without(lost, "development"):
        for words in ((), SMALL):
            (lost / "development.sqlite3").touch()
            refused = set_up(lost, *words)
            assert refused.code == 1
            assert "is empty, and this control room knows another one" in refused.err
            assert (lost / "development.sqlite3").stat().st_size == 0


def test_an_empty_one_is_made_where_that_is_asked_for(tmp_path: Path):
    data = tmp_path / "instance"
    assert set_up(data).code == 0
    (data / "development.sqlite3").unlink()
    assert set_up(data).code == 1
    made = set_up(data, "--new-development")
    assert made.code == 0, made.err
    assert "development should be there.\nCreating the development directory" in made.out
    assert studios(data) == 0
    assert set_up(data, "--new-development").out == ""


def test_a_lost_production_is_said_and_never_made(lost: Path):
    for words in ((), SMALL):
        with without(lost, "production"):
            done = set_up(lost, *words)
            assert done.code == 0
            assert "production.sqlite3, and production should be there. No backup" in done.out
            assert "flask databases restore production BACKUP" in done.out
            assert not (lost / "production.sqlite3").exists()


@pytest.mark.parametrize("left", ["no file", "an empty file"])
def test_without_its_ops_database_a_demo_is_not_made_again(lost: Path, left: str):
    """Before, it said that it fills both directories, and then refused."""
    with without(lost, "ops"):
        if left == "an empty file":
            (lost / "ops.sqlite3").touch()
        refused = set_up(lost, *SMALL)
        assert refused.code == 1
        assert "Filling" not in refused.said
        assert "There is no control room in" in refused.sentence
        assert "development and production carry a control room’s label" in refused.sentence
        assert "Nothing was created." in refused.sentence
        assert not (lost / "ops.sqlite3").exists() or not (lost / "ops.sqlite3").stat().st_size


def test_beside_what_a_lost_control_room_left_a_new_one_is_announced(lost: Path):
    """The way of docs/bad-night.md: the store is listed from an empty one."""
    with without(lost, "ops"):
        made = set_up(lost)
        assert made.code == 0
        found, *_ = made.out.splitlines()
        assert "development and production carry a control room’s label." in found
        assert "without the accounts, runs and audit log of before" in found
        assert "docs/bad-night.md" in found
        assert "adopt development" in made.out
        assert "adopt production" in made.out


def test_what_the_backups_say_of_a_loss(tmp_path: Path):
    """A new key opens none of them, and each database that is lost has one."""
    data = tmp_path / "instance"
    assert set_up(data).code == 0
    assert flask(data, "databases", "backup", "development").code == 0
    assert flask(data, "databases", "backup-ops").code == 0
    newest = {each.stem.partition("-")[0]: each.stem for each in (data / "backups").glob("*.json")}
    for file in data.glob("development.sqlite3*"):
        file.unlink()
    assert (
        f"flask databases restore development {newest['development']}; to begin" in set_up(data).err
    )

    for file in (*data.glob("ops.sqlite3*"), data / "backup-key"):
        file.unlink()
    made = set_up(data)
    assert "there was one: 2 backups are in" in made.out
    assert f"Its newest backup here is {newest['ops']}: docs/bad-night.md" in made.out
    assert "Made the backup key" in made.out
    assert "copies that an earlier key encrypted can’t be decrypted with it" in made.out
    assert "put it back" in made.out


def test_a_lost_development_of_a_demo_is_filled_again_and_that_is_said(lost: Path):
    """It leaves another one, as small as the one before."""
    for file in lost.glob("development.sqlite3*"):
        file.unlink()
    made = set_up(lost, *SMALL)
    assert made.code == 0, made.err
    assert "development should be there. What was changed in it is lost" in made.out
    assert "Filling the demo's development directory with 10 studios" in made.out
    assert studios(lost) == 11


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=900k", "none", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("This machine allows no file system of its own size.")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_set_up_that_ran_out_of_disk_is_finished_by_the_next(small_disk: Path):
    data = small_disk / "instance"
    stopped = set_up(data)
    assert stopped.code == 1
    assert "Traceback" not in stopped.said
    assert stopped.err.count("\n") == 1
    subprocess.run(["mount", "-o", "remount,size=40m", str(small_disk)], check=True)
    done = set_up(data)
    assert done.code == 0, done.err
    assert studios(data) == 0
    assert set_up(data).out == ""
