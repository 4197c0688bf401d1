"""What a copy of production is told by, on a server: by number, by mark, by the server itself."""

import subprocess

import pytest

from portal.core.errors import Refused
from portal.databases.engines import engine_for
from portal.databases.targets.config import Target, target_named
from portal.databases.targets.identity import IdentityState, judge
from portal.databases.targets.identity_label import read_label
from tests.databases import stage
from tests.databases.postgresql.conftest import WORKER, as_worker, clone, superuser
from tests.support.changes import approved_ticket, change
from tests.support.postgres import running_server


def at(target: Target, database: str) -> Target:
    """The same target, were its variable to lead to another database."""
    return Target(**{**target.__dict__, "url": as_worker(database)})


def test_a_clone_and_a_dump_with_everything_are_copies_and_refused(production, database, execute):
    cloned, dumped = f"{database}_clone", f"{database}_dump"
    clone(database, cloned)
    tools, folder = running_server().tools, running_server().folder
    command = [tools / "pg_dump", "--create", "-h", folder, "-U", "postgres", database]
    script = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    superuser(f"CREATE DATABASE {dumped} OWNER {WORKER}")
    subprocess.run(
        [
            tools / "psql",
            "-qX",
            "-v",
            "ON_ERROR_STOP=1",
            "-h",
            folder,
            "-U",
            "postgres",
            "postgres",
        ],
        input=script.replace(f"CREATE DATABASE {database}", "SELECT 1; --").replace(
            database, dumped
        ),
        text=True,
        check=True,
        capture_output=True,
    )
    with engine_for(production.url).reading() as connection:
        original = engine_for(production.url).anchor(connection)
    for name, has_mark in ((cloned, False), (dumped, True)):
        copy = at(production, name)
        with engine_for(copy.url).reading() as connection:
            assert read_label(connection), "the label came along"
            anchor = engine_for(copy.url).anchor(connection)
        assert (anchor["mark"] == original["mark"]) is has_mark, "COMMENT ON DATABASE"
        assert anchor["oid"] != original["oid"]
        judgement = judge(copy)
        assert judgement.state is IdentityState.COPY
        assert judgement.sentence.startswith("The database at production's address is a copy of")


def test_a_change_of_a_copy_is_refused(app, production, database, monkeypatch):
    ticket = approved_ticket(production)
    clone(database, f"{database}_clone")
    copy = at(production, f"{database}_clone")
    monkeypatch.setattr("portal.databases.targets.config._directory_target", lambda *_: copy)
    with pytest.raises(Refused, match="is a copy of production; the original is at postgresql://"):
        change(copy, ticket=ticket)
    assert stage.revision(copy) == stage.LEGACY


def test_a_mistyped_database_is_said_to_be_missing_and_none_is_made(production, database):
    nowhere = at(production, f"{database}_mistyped")
    assert judge(nowhere).state is IdentityState.MISSING
    silent = at(production, database)
    silent = Target(
        **{**silent.__dict__, "url": silent.url.set(host="127.0.0.1", port=1, query={})}
    )
    assert judge(silent).state is IdentityState.UNREACHABLE


def test_a_renamed_database_is_the_same_one(production, database):
    superuser(f"ALTER DATABASE {database} RENAME TO {database}_renamed")
    assert judge(at(production, f"{database}_renamed")).fits


def test_the_same_database_by_another_way_is_one_place(production):
    other = engine_for(production.url.set(host=str(running_server().folder), query={}))
    assert engine_for(production.url).same_place(other)
    assert not engine_for(production.url).same_place(engine_for(as_worker("postgres")))
    assert target_named("development").url.get_backend_name() == "sqlite"
