"""The ops database is lost: what is left of it, and that nothing may change meanwhile."""

import json
import shutil

import pytest
from flask import current_app

from portal.audit.chain.checkpoint import checkpoint_from
from portal.audit.chain.verification import verify_log
from portal.core.configuration.settings import Settings, load_settings
from portal.core.storage.database import db
from portal.databases.backups.catalogue.find import backup_named
from portal.databases.backups.catalogue.rebuild import rebuild_catalogue
from portal.databases.backups.files import file_of
from portal.databases.targets.adoption import adopt
from portal.databases.targets.config import target_named
from portal.databases.targets.identity import IdentityState, judge
from portal.databases.targets.models import ControlRoom
from portal.jobs.models import OperationState
from tests.databases import stage
from tests.databases.stage import ANA
from tests.databases.test_second_machine import machine


@pytest.fixture
def settings(away_settings):
    return away_settings


def back_up_ops():
    operation = stage.operate("backups.ops", target=None)
    assert operation.is_done, operation.outcome
    return backup_named(operation.result["backup"])


def moved_to(settings: Settings, folder: str) -> Settings:
    """The same machine after its folder was lost: the same store, nothing else."""
    return load_settings(
        {
            "PORTAL_DATA": str(settings.data.parent / folder),
            "SECRET_KEY": "another",
            "BACKUP_URL": settings.backup_store.address,
            "PRODUCTION_DATABASE_URL": f"sqlite:///{settings.data}/production.sqlite3",
        }
    )


def test_after_its_loss_nothing_changes_until_the_target_is_adopted(app, settings, empty_ops):
    target = stage.place(studios=6)
    name = stage.operate("databases.backup").result["backup"]
    digest = backup_named(name).content_digest
    before = stage.content(target)
    fresh = moved_to(settings, "fresh")
    shutil.copytree(settings.data / "backups", fresh.data / "backups")
    shutil.copy(settings.backup_key_file, fresh.data)
    (settings.data / "ops.sqlite3").unlink()

    with machine(fresh, empty_ops):
        target = target_named("production")
        assert judge(target).state is IdentityState.UNKNOWN
        found = rebuild_catalogue().entered
        db.session.commit()
        assert [(each.name, each.is_proven, each.vouched) for each in found] == [(name, True, True)]

        for kind, more in (
            ("databases.rehearse", {"backup": name}),
            ("databases.migrate", {}),
            ("databases.restore", {"backup": name, "text": "RESTORE PRODUCTION"}),
        ):
            operation = stage.operate(kind, by=ANA, **more)
            assert operation.state is OperationState.REFUSED, (kind, operation.outcome)
        assert stage.content(target) == before

        adopt(target, phrase="TAKE OVER PRODUCTION", reason="The ops database was lost", by=ANA)
        assert judge(target).fits
        stage.execute(target, "DELETE FROM review_responses")
        operation = stage.operate(
            "databases.restore", by=ANA, backup=name, text="RESTORE PRODUCTION"
        )
        assert operation.is_done, operation.outcome
        assert stage.content(target).counts == before.counts
        assert backup_named(name).content_digest == digest
        assert verify_log().fault is None


def test_accounts_and_log_come_back_and_the_checkpoint_verifies(app, settings, empty_ops, away):
    stage.place(studios=6)
    backup = back_up_ops()
    kept = checkpoint_from(backup.checkpoint)
    assert kept.entries == backup.counts["audit"] > 0
    stage.operate("backups.copy", target=None)
    name, uuid = backup.name, backup.database_uuid

    second = moved_to(settings, "second")
    with machine(second, empty_ops):
        (second.data / "backup-key").write_bytes(settings.backup_key_file.read_bytes())
        assert stage.operate("backups.fetch", target=None, backup=name).is_done
        file = file_of(backup_named(name))
        manifest = json.loads(file.with_suffix(".json").read_text())
    third = moved_to(settings, "third")
    with machine(third, file):  # as the guide says: the file takes the place of ops.sqlite3
        assert db.session.get(ControlRoom, 1).uuid == uuid
        db.session.rollback()
        assert verify_log(checkpoint_from(manifest)).fault is None
        assert verify_log(kept).entries == kept.entries

        run = current_app.test_cli_runner().invoke
        path = file.with_suffix(".json")
        assert run(args=["audit", "verify", "--checkpoint", str(path)]).exit_code == 0
        manifest["checkpoint"]["chain"] = "0" * 64
        assert "was rewritten" in verify_log(checkpoint_from(manifest)).fault
        manifest["checkpoint"]["entries"] += 1000
        assert "cut short" in verify_log(checkpoint_from(manifest)).fault
    with machine(moved_to(settings, "fourth"), empty_ops):
        assert "cut short" in verify_log(kept).fault
