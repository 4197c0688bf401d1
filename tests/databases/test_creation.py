"""Making a database where there is none: whole or not at all, and never over another."""

import pytest

from portal.audit.actor import SYSTEM
from portal.core.errors import Conflict, PortalError
from portal.core.storage.database import db
from portal.databases.engines import engine_for
from portal.databases.targets import creation
from portal.databases.targets.config import target_named
from portal.databases.targets.creation import create_database
from portal.databases.targets.identity import IdentityState, judge
from portal.databases.targets.models import RegisteredTarget
from tests.support.databases import (
    HEAD,
    LEGACY,
    change_by_hand,
    dump,
    file_of,
    forget,
    make_database,
    revision_of,
)


@pytest.fixture
def target(app):
    return target_named("production")


@pytest.mark.parametrize("revision", [LEGACY, HEAD])
def test_a_database_is_made_stamped_and_migrated(target, revision, audited):
    create_database(target, by=SYSTEM, revision=revision)

    assert judge(target).fits
    assert revision_of(target) == revision
    assert db.session.get(RegisteredTarget, "production").revision == revision
    assert audited()[-1] == ("target.created", "done", "production")
    assert file_of(target).stat().st_mode & 0o077 == 0


def test_a_production_that_is_there_is_left_alone(target):
    make_database("production", LEGACY)
    before = dump(file_of(target))

    with pytest.raises(Conflict, match="Identity confirmed"):
        create_database(target, by=SYSTEM)
    assert dump(file_of(target)) == before


def test_a_strangers_database_is_left_alone(target):
    engine_for(target.url).create()
    change_by_hand(file_of(target), "CREATE TABLE theirs (id INTEGER)")

    with pytest.raises(Conflict, match="no identity"):
        create_database(target, by=SYSTEM)


def test_a_registered_production_that_is_gone_is_never_recreated(target):
    make_database("production", LEGACY)
    file_of(target).unlink()

    with pytest.raises(Conflict, match="should be there"):
        create_database(target, by=SYSTEM)
    assert not file_of(target).exists()


def test_a_development_that_is_gone_is_recreated(app):
    target = make_database("development")
    file_of(target).unlink()
    db.session.commit()

    create_database(target, by=SYSTEM)

    assert judge(target).fits


@pytest.mark.parametrize("moment", ["current_revision", "note_state"])
def test_one_that_was_cut_short_is_finished_by_the_next(target, moment, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(creation, moment, cut_short)
        with pytest.raises(KeyboardInterrupt):
            create_database(target, by=SYSTEM)
    db.session.rollback()

    if judge(target).state is IdentityState.EMPTY:
        create_database(target, by=SYSTEM)

    assert judge(target).fits
    assert revision_of(target) == HEAD


def test_one_that_ended_between_the_two_commits_keeps_its_identity(target, monkeypatch):
    """Ops knows it, the directory is still empty."""
    commit = db.session.commit

    def commit_and_die():
        commit()
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(db.session, "commit", commit_and_die, raising=False)
        with pytest.raises(KeyboardInterrupt):
            create_database(target, by=SYSTEM)
    db.session.rollback()
    known = db.session.get(RegisteredTarget, "production").database_uuid
    assert judge(target).state is IdentityState.EMPTY

    create_database(target, by=SYSTEM)

    assert judge(target).label.database_uuid == known


def test_an_unknown_revision_leaves_an_empty_file_and_no_registration(target):
    with pytest.raises(Exception, match="no-such"):
        create_database(target, by=SYSTEM, revision="no-such")
    db.session.rollback()

    assert db.session.get(RegisteredTarget, "production") is None
    assert judge(target).state is IdentityState.EMPTY


def cut_short(*_args, **_more):
    raise KeyboardInterrupt


def test_an_empty_development_file_is_stamped_by_flask_db_upgrade(room):
    room.development_file.unlink()
    forget("development")
    engine_for(room.development.url).create()

    ended = room.run("flask", "db", "upgrade")

    assert ended.code == 0, ended.said
    assert judge(room.development).fits


def test_an_empty_production_file_is_not(room):
    room.production_file.unlink()
    forget("production")
    engine_for(room.production.url).create()

    ended = room.run("flask", "db", "upgrade", PORTAL_ENV="production")

    assert ended.code == 1
    assert "adopt" not in ended.sentence
    assert "flask databases restore production BACKUP" in ended.sentence
    assert dump(room.production_file) == ["BEGIN TRANSACTION;", "COMMIT;"]


def test_refusals_are_conflicts_that_name_what_is_there(target):
    make_database("production", LEGACY)

    with pytest.raises(PortalError) as refused:
        create_database(target, by=SYSTEM)
    assert refused.value.sentence == "Identity confirmed: this is production."
