"""The ops addresses lead to a control room's own database, or nothing is written."""

import sqlite3
from contextlib import closing
from hashlib import sha256

import pytest

from portal.databases.targets import target_named
from tests.databases import stage
from tests.support.commands import run


def digest(file):
    return sha256(file.read_bytes()).hexdigest()


def setup(settings, **env):
    return run(
        *("flask", "portal", "setup"),
        env={"PORTAL_DATA": str(settings.data / "other"), "SECRET_KEY": "t", **env},
    )


def make(file, *statements):
    file.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(file)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


@pytest.mark.parametrize("variable", ["OPS_DATABASE_URL", "OPS_ADMIN_URL"])
@pytest.mark.parametrize("name", ["production", "development"])
def test_47_a_directory_with_a_label_is_refused(app, settings, variable, name):
    stage.place(name, studios=3)
    file = stage.file_at(target_named(name))
    before = digest(file)

    done = setup(settings, **{variable: f"sqlite:///{file}"})

    assert done.code == 1
    assert f"{variable} leads to a database whose label says studio-directory, {name}." in done.said
    assert "Traceback" not in done.said
    assert digest(file) == before


def test_the_address_of_a_target_is_refused_before_anything_stands_there(settings):
    file = settings.data / "one.sqlite3"
    address = f"sqlite:///{file}"

    done = setup(settings, OPS_DATABASE_URL=address, PRODUCTION_DATABASE_URL=address)

    assert done.code == 1
    assert "OPS_DATABASE_URL is the address of production (PRODUCTION_DATABASE" in done.said
    assert not file.exists()


FOREIGN = {
    "another application's": ["CREATE TABLE orders (id INTEGER)"],
    "a directory without a label": [
        *("CREATE TABLE users (id INTEGER)", "CREATE TABLE studios (id INTEGER)"),
        "CREATE TABLE alembic_version (version_num TEXT)",
        "INSERT INTO alembic_version VALUES ('0001')",
    ],
    "a table of our name, and not ours": ["CREATE TABLE accounts (iban TEXT, balance INTEGER)"],
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_47_a_foreign_database_is_refused(settings, kind):
    file = settings.data / "foreign.sqlite3"
    make(file, *FOREIGN[kind])
    before = digest(file)

    done = setup(settings, OPS_DATABASE_URL=f"sqlite:///{file}")

    assert done.code == 1
    assert "OPS_DATABASE_URL leads to a database with other tables" in done.said
    assert digest(file) == before


def test_47_what_is_no_database_is_refused(settings):
    file = settings.data / "notes.txt"
    file.parent.mkdir(parents=True)
    file.write_text("These are notes and no database at all. " * 100)
    before = digest(file)

    done = setup(settings, OPS_DATABASE_URL=f"sqlite:///{file}")

    assert done.code == 1
    assert "OPS_DATABASE_URL can’t be read as a database" in done.said
    assert digest(file) == before


@pytest.mark.parametrize(
    "left",
    [
        [],
        ["CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"],
        ["CREATE TABLE throttle_marks (key TEXT, used_until TEXT)", "DROP TABLE throttle_marks"],
    ],
)
def test_a_set_up_that_was_cut_short_goes_on(settings, left):
    file = settings.data / "ops.sqlite3"
    make(file, *left)

    done = setup(settings, OPS_DATABASE_URL=f"sqlite:///{file}")

    assert done.code == 0, done.said
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("SELECT count(*) FROM control_room").fetchone() == (1,)
