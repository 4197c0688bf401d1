"""A machine is lost: from the store and the key alone, a second one stands where it stood."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from portal.app import create_app
from portal.core.configuration.settings import Settings, load_settings
from portal.core.errors import Refused
from portal.core.storage.database import db
from portal.databases.backups.catalogue.find import backup_named
from portal.databases.backups.catalogue.rebuild import rebuild_catalogue
from portal.databases.backups.files import backups_folder, file_of
from portal.databases.backups.integrity import require_whole
from portal.databases.backups.models import Backup
from portal.databases.backups.offsite.configured import the_store
from portal.databases.backups.offsite.download import stored_backups
from portal.databases.targets.adoption import adopt
from portal.databases.targets.identity import IdentityState, judge
from portal.jobs.models import OperationState
from tests.databases import stage
from tests.databases.stage import ANA
from tests.databases.test_offsite import spoil

PHRASE = "RESTORE PRODUCTION"


@pytest.fixture
def settings(away_settings):
    return away_settings


@contextmanager
def machine(settings: Settings, empty_ops) -> Iterator[None]:
    """Another application, with fresh databases of its own."""
    settings.data.mkdir(exist_ok=True)
    shutil.copy(empty_ops, settings.data / "ops.sqlite3")
    app = create_app(settings)
    app.testing = True
    db.session.remove()
    with app.app_context():
        yield
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()


@pytest.fixture
def second(tmp_path, away) -> Settings:
    data = str(tmp_path / "second")
    return load_settings(
        {"PORTAL_DATA": data, "SECRET_KEY": "another", "BACKUP_URL": f"file:{away}"}
    )


def fetch(name: str):
    return stage.operate("backups.fetch", target=None, by=ANA, backup=name)


def restore(kind: str, name: str, text: str = PHRASE):
    return stage.operate(f"databases.{kind}", by=ANA, backup=name, text=text)


def test_everything_comes_back_from_the_store_and_the_key(app, settings, second, empty_ops, away):
    target = stage.place(studios=6)
    first = stage.operate("databases.backup").result["backup"]
    stage.execute(target, "DELETE FROM review_responses")
    newest = stage.operate("databases.backup").result["backup"]
    stage.operate("backups.copy", target=None)
    held = {name: backup_named(name).content_digest for name in (first, newest)}
    uuid = judge(target).label.database_uuid
    key = (settings.data / "backup-key").read_text()
    shutil.rmtree(settings.data / "backups")

    with machine(second, empty_ops):
        without_key = stored_backups(the_store())
        assert [each.backup for each in without_key] == [None, None]
        assert "can't be opened with the key" in without_key[0].why
        assert fetch(newest).state is OperationState.REFUSED

        (second.data / "backup-key").write_text(key)
        assert {each.name for each in stored_backups(the_store())} == {first, newest}
        for name in (first, newest):
            operation = fetch(name)
            assert operation.is_done, operation.outcome
            assert backup_named(name).is_proven
        assert fetch(first).state is OperationState.REFUSED  # here already

        target = stage.target_named("production")
        assert judge(target).state is IdentityState.MISSING
        assert restore("place", newest, "restore production").state is OperationState.REFUSED
        operation = restore("place", newest)
        assert operation.is_done, operation.outcome
        assert stage.content(target).digest == held[newest]
        assert restore("place", newest).state is OperationState.REFUSED  # it stands

        # nobody's yet: nothing may change it
        assert judge(target).state is IdentityState.UNKNOWN
        assert stage.operate("databases.check").state is OperationState.REFUSED
        assert restore("restore", first).state is OperationState.REFUSED

        adopt(target, phrase="TAKE OVER PRODUCTION", reason="The machine burned", by=ANA)
        assert judge(target).fits
        assert judge(target).label.database_uuid == uuid

        # and an older backup, signed by the control room that is gone, comes back too
        operation = restore("restore", first)
        assert operation.is_done, operation.outcome
        assert stage.content(target).counts == backup_named(first).counts
        assert judge(target).fits
        assert stage.operate("databases.check").is_done


def test_what_was_altered_in_the_store_does_not_come_back(app, away):
    target = stage.place(studios=6)
    name = stage.operate("databases.backup").result["backup"]
    stage.execute(target, "DELETE FROM review_responses")
    other = stage.operate("databases.backup").result["backup"]
    stage.operate("backups.copy", target=None)
    file_of(backup_named(name)).unlink()
    file, manifest = away / f"{name}.sqlite3.age", away / f"{name}.manifest.age"
    whole = file.read_bytes()

    for harm in ("truncated", "flipped", "reordered"):
        spoil(file, harm)
        assert "altered or cut short" in refused(name)
        file.write_bytes(whole)
    shutil.copy(away / f"{other}.sqlite3.age", file)
    assert "isn't what its manifest says" in refused(name)
    shutil.copy(away / f"{other}.manifest.age", manifest)
    assert "wasn't signed" in refused(name)


def refused(name: str) -> str:
    operation = fetch(name)
    assert operation.state is OperationState.REFUSED
    assert not file_of(backup_named(name)).exists()
    assert not list(backups_folder().glob("*.partial"))
    db.session.rollback()
    return operation.outcome


def test_a_manifest_that_somebody_else_wrote_is_not_believed(app, tmp_path):
    """Whoever knows the public half of the key can seal; only its holder can sign."""
    stage.place(studios=6)
    backup = backup_named(stage.operate("databases.backup").result["backup"])
    manifest = backups_folder() / f"{backup.name}.json"
    manifest.write_text(manifest.read_text().replace('"reason": "Asked for"', '"reason": "x"'))
    db.session.delete(backup)
    db.session.commit()

    [found] = rebuild_catalogue().entered

    assert found.vouched is False
    assert not found.is_proven
    with pytest.raises(Refused):
        require_whole(found)


def test_the_store_is_listed_and_fetched_from_at_a_terminal(app, away):
    stage.place(studios=6)
    name = stage.operate("databases.backup").result["backup"]
    run = app.test_cli_runner().invoke
    db.session.rollback()

    assert run(args=["databases", "upload"]).exit_code == 0
    listed = run(args=["databases", "store"])
    assert f"{name}: production, revision 0001" in listed.output
    assert "1 backups" not in listed.output
    file_of(backup_named(name)).unlink()
    db.session.rollback()
    fetched = run(args=["databases", "fetch", name])
    assert fetched.exit_code == 0, fetched.output
    assert "verified again" in fetched.output
    assert run(args=["databases", "fetch", "nothing"]).exit_code == 1
    assert db.session.query(Backup).count() == 1
