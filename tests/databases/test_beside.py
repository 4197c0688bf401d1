"""Leases beside a directory on SQLite: in `<file>-leases`, and what only a file can have."""

import os
import sqlite3
import time
from contextlib import closing

import pytest

from portal.core.storage.database import db
from portal.databases import engines
from portal.databases.engines.sqlite import leases
from portal.databases.engines.sqlite.leases import file_beside
from portal.databases.policies.release_gate import refuse_unless_served
from portal.databases.policies.target_leases import place_of, why_none_can_stand
from portal.databases.status.overview import overview_of
from portal.databases.status.safeguards import layers_of
from portal.databases.targets.adoption import adopt
from portal.jobs.leases.holder import LeaseHolder
from tests.databases import beside_cases, stage
from tests.databases.beside_cases import *  # noqa: F403
from tests.databases.beside_cases import refusal
from tests.databases.rooms_at import inside, living
from tests.support.cast import log_in, make_account

__all__ = [name for name in dir(beside_cases) if name.startswith("test_")]


@pytest.fixture
def production(app):
    return stage.place(studios=6)


@pytest.fixture
def take_away():
    return lambda target: file_beside(stage.file_at(target)).unlink()


@pytest.fixture
def break_place():
    return lambda target: file_beside(stage.file_at(target)).write_bytes(b"no database" * 100)


def test_the_file_has_the_rights_of_the_directorys(production, settings):
    file = stage.file_at(production)
    file.chmod(0o640)
    with living(settings.ops_url, production):
        assert file_beside(file).stat().st_mode & 0o777 == 0o640


def test_the_lock_of_either_file_does_not_block_the_other(production, settings):
    with living(settings.ops_url, production) as site:
        with place_of(production)._engine.begin():
            stage.execute(production, "UPDATE studios SET name = name")
        with site.beside._changing:
            stage.execute(production, "BEGIN IMMEDIATE")
        site.beside.renew()
        assert site.beside.faults() == {}


def test_in_a_folder_that_takes_no_file_the_leases_in_ops_are_what_counts(
    production, settings, monkeypatch
):
    folder, real = stage.file_at(production).parent, os.open

    def refusing(path, flags, *more, **words):
        if str(path).endswith("-leases") and flags & os.O_CREAT:
            raise OSError(30, "Read-only file system")
        return real(path, flags, *more, **words)

    access = os.access
    monkeypatch.setattr(os, "open", refusing)
    monkeypatch.setattr(os, "access", lambda path, mode: path != folder and access(path, mode))
    with living(settings.ops_url, production) as site:
        assert "takes no new file" in site.beside.faults()[str(stage.file_at(production))]
        refuse_unless_served(production, stage.HEAD)
    with living(settings.ops_url, production, serves=(stage.LEGACY,)):
        assert "can't work with revision" in refusal(production)
    assert "only the leases in that one count" in why_none_can_stand(production)
    gate = next(each for each in layers_of(overview_of(production)) if each.name == "Release gate")
    assert gate.holds is False


def test_a_release_that_writes_no_leases_beside_it_is_counted_by_ops_alone(production, settings):
    """The release of before: the first of this one makes the place, and nobody is in the way."""
    old = LeaseHolder(settings.ops_url, "web", "production", [stage.LEGACY])
    old.renew()
    assert f"web process {old.pid}" in refusal(production)
    with living(settings.ops_url, production):
        assert "can't work with revision" in refusal(production)
    old.end()
    refuse_unless_served(production, stage.HEAD)
    db.session.rollback()


def test_nothing_is_made_beside_a_database_that_does_not_say_what_it_is(production, settings):
    stage.execute(production, "DROP TABLE portal_identity")
    with living(settings.ops_url, production):
        assert not file_beside(stage.file_at(production)).exists()


WRONG = {
    "a folder": lambda file, _target: file.mkdir(),
    "a link to nothing": lambda file, target: file.symlink_to(target.with_name("nothing")),
    "a link to the directory": lambda file, target: file.symlink_to(target),
    "a pipe": lambda file, _target: os.mkfifo(file),
    "garbage": lambda file, _target: file.write_bytes(os.urandom(9000)),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_no_file_of_leases_is_named_and_nothing_is_made_by_it(
    production, settings, app, what
):
    target = stage.file_at(production)
    WRONG[what](file_beside(target), target)
    before = stage.content(production)

    with living(settings.ops_url, production) as site:
        assert not site.beside.is_valid
        assert "The leases beside production can’t be read" in refusal(production)
        said = app.test_cli_runner().invoke(args=["databases", "check"])

    sentence = "production: The leases beside production can’t be read"
    assert (said.exit_code, sentence in said.output) == (1, True), said.output
    assert stage.content(production) == before
    assert not target.with_name("nothing").exists()
    with closing(sqlite3.connect(target)) as connection:
        own = connection.execute("SELECT name FROM sqlite_master WHERE name LIKE 'portal_lease%'")
        assert own.fetchall() == []


@pytest.mark.parametrize("whose", ["this room's", "another's"])
def test_no_page_waits_for_the_lock_of_the_leases(
    production, client, settings, other, monkeypatch, whose
):
    """Held by a process that hangs; whoever carries out a change waits for it a moment."""
    monkeypatch.setattr(leases, "BUSY_MILLISECONDS", 30_000)
    engines._beside.clear()
    place_of(production).make()
    if whose == "another's":
        with inside(other) as theirs:
            adopt(theirs, phrase="TAKE OVER PRODUCTION", reason="Ours now", by=stage.ANA)
    log_in(client, make_account("ana"))
    with closing(sqlite3.connect(file_beside(stage.file_at(production)))) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        began = time.monotonic()
        for address in ("/ops", "/ops/databases", "/ops/databases/production/adoption"):
            assert client.get(address).status_code == 200
        assert time.monotonic() - began < 20
    engines._beside.clear()
