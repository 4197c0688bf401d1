"""Copies off the machine: sealed, read back, tried again; the local backup always stands."""

import re
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from portal.audit.models import AuditEntry
from portal.core.clock import now
from portal.core.configuration.store_url import StoreRoute
from portal.core.errors import NotFound, Unavailable
from portal.core.files.object_store import Store
from portal.core.storage.database import db
from portal.databases.backups.catalogue.find import backup_named, backups
from portal.databases.backups.files import file_of
from portal.databases.backups.integrity import is_whole
from portal.databases.backups.models import Backup, BackupCopy, CopyState
from portal.databases.backups.offsite import encrypted_copy
from portal.databases.backups.offsite import upload as offsite
from portal.databases.backups.offsite.ownership import MARKER
from portal.databases.tasks import offsite as copy_tasks
from portal.jobs.models import Operation, OperationState
from tests.databases import stage
from tests.databases.test_sqlite_copy import damage

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def settings(away_settings):
    return away_settings


def take() -> Backup:
    operation = stage.operate("databases.backup", target="production")
    return backup_named(operation.result["backup"])


def copy() -> Operation:
    return stage.operate("backups.copy", target=None)


def the_copy(backup: Backup) -> BackupCopy:
    return db.session.scalars(select(BackupCopy).where(BackupCopy.backup_id == backup.id)).one()


def test_a_backup_is_sent_sealed_and_read_back(away):
    stage.place(studios=6)
    backup = take()

    operation = copy()

    assert operation.is_done, operation.outcome
    assert sorted(file.name for file in away.iterdir()) == [
        f"{backup.name}.manifest.age",
        f"{backup.name}.sqlite3.age",
        MARKER,
    ]
    plain = file_of(backup).read_bytes()
    email = re.findall(rb"[a-z]{3,}@[a-z]{3,}", plain)[0]
    for file in away.glob("*.age"):
        assert file.read_bytes().startswith(b"age-encryption.org/v1\n")
        assert email not in file.read_bytes()
        assert b"users" not in file.read_bytes()
    row = the_copy(backup)
    assert row.state is CopyState.STORED
    assert row.size == (away / f"{backup.name}.sqlite3.age").stat().st_size
    said = db.session.scalars(select(AuditEntry).order_by(AuditEntry.seq)).all()
    assert ("backup.copied", "done") in [(each.action, each.outcome) for each in said]
    assert offsite.copies_due(row.store) == []


def test_a_store_that_is_not_there_is_named_and_tried_again(away):
    stage.place(studios=6)
    backup = take()
    away.rmdir()

    operation = copy()

    assert operation.state is OperationState.FAILED
    assert "There is no folder" in operation.outcome
    assert not away.exists()  # else copies would stay on this machine
    row = the_copy(backup)
    assert row.state is CopyState.FAILED
    assert "Mount it" in row.why
    assert is_whole(backup)
    assert backup.is_proven
    assert offsite.copies_due(row.store) == []  # not at once

    away.mkdir()
    row.next_attempt_at = now() - timedelta(seconds=1)
    db.session.commit()
    assert copy().is_done
    assert the_copy(backup).state is CopyState.STORED
    assert the_copy(backup).attempts == 2


def test_attempts_come_less_and_less_often():
    row = BackupCopy(backup_id=1, store="s", state=CopyState.FAILED, attempts=0)
    waits = []
    for _ in range(5):
        offsite._note(row, size=None, why="no", seconds=0.1)
        waits.append(round((row.next_attempt_at - now()).total_seconds() / 60))

    assert waits == [1, 5, 15, 60, 60]


def test_what_arrived_otherwise_than_it_was_sent_does_not_count(away, monkeypatch):
    stage.place(studios=6)
    backup = take()
    send = encrypted_copy.send

    for harm in ("truncated", "flipped", "reordered"):

        def harmed(sent, *args, harm=harm):
            size = send(sent, *args)
            spoil(away / sent.sealed, harm)
            return size

        monkeypatch.setattr(offsite, "send", harmed)
        copy()
        row = the_copy(backup)

        assert row.state is CopyState.FAILED
        assert "altered or cut short" in row.why
        assert not list(away.glob("*.manifest.age"))
        row.next_attempt_at = now()
        db.session.commit()


def test_a_backup_that_was_altered_here_is_not_sent_as_proven(away):
    stage.place(studios=6)
    backup = take()
    damage(file_of(backup), "flipped")

    operation = copy()

    assert operation.state is OperationState.FAILED
    assert "is damaged: its file has other content" in the_copy(backup).why
    assert not list(away.glob("*.manifest.age"))


def test_the_worker_asks_once_for_what_is_due(away):
    stage.place(studios=6)
    take()

    copy_tasks.look_after_copies()
    copy_tasks.look_after_copies()

    asked = db.session.scalars(select(Operation).where(Operation.kind == "backups.copy")).all()
    assert len(asked) == 1
    stage.carry_out(asked[0].id)
    copy_tasks.look_after_copies()
    assert len(db.session.scalars(select(Operation)).all()) == 2


def test_the_key_is_made_once_and_for_the_owner_alone(settings):
    stage.place(studios=6)
    take()
    file = settings.data / "backup-key"
    first = file.read_text()
    take()

    assert file.read_text() == first
    assert "AGE-SECRET-KEY-1" in first
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "AGE-SECRET" not in repr(offsite.backup_key())


def test_a_lost_key_is_no_reason_to_make_another_one(settings):
    stage.place(studios=6)
    (settings.data / "backup-key").write_text("nothing of use\n")

    operation = stage.operate("databases.backup", target="production")

    assert operation.state is OperationState.FAILED
    assert "There is no backup key" in operation.outcome
    assert backups() == []


def test_an_object_store_holds_nothing_until_something_is_sent():
    """As S3 does: no folder is there before its first object, and what breaks off is removed."""
    store = Store(StoreRoute("memory", "memory", "/backups"))
    assert store.names() == []

    with store.writing("a") as file:
        file.write(b"1")
    with pytest.raises(Unavailable), store.writing("b") as file:
        file.write("no bytes")

    assert store.names() == ["a"]
    store.remove("a")
    store.remove("a")
    assert store.names() == []
    with pytest.raises(NotFound), store.reading("a"):
        pass


CHUNK = 64 * 1024 + 16  # of age's payload, with its tag


def spoil(file: Path, harm: str) -> None:
    data = file.read_bytes()
    payload = data.index(b"\n", data.index(b"\n--- ") + 1) + 1 + 16
    first, second = data[payload:][:CHUNK], data[payload:][CHUNK : 2 * CHUNK]
    rest = data[payload + 2 * CHUNK :]
    assert rest, "too small to be put into another order"
    if harm == "truncated":
        data = data[: payload + CHUNK]
    elif harm == "flipped":
        data = data[:-20] + bytes([data[-20] ^ 1]) + data[-19:]
    else:
        data = data[:payload] + second + first + rest
    file.write_bytes(data)
