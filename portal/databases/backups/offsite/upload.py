"""Copies off this machine: every verified backup is encrypted, sent, and read back from the store.

A failure never touches the local backup; it is shown, and the worker retries.
"""

import time
from datetime import timedelta

from sqlalchemy import select

from portal.audit.actor import Actor
from portal.audit.service import Outcome, record
from portal.core.clock import now
from portal.core.configuration.settings import settings
from portal.core.errors import PortalError
from portal.core.files.object_store import Store
from portal.core.storage.database import db
from portal.databases.backups.catalogue.find import standing_backups
from portal.databases.backups.catalogue.rows import readable
from portal.databases.backups.files import file_of
from portal.databases.backups.integrity import require_whole
from portal.databases.backups.key import backup_key
from portal.databases.backups.models import Backup, BackupCopy, CopyState
from portal.databases.backups.offsite.encrypted_copy import copy_of, read_back, send, send_manifest
from portal.databases.backups.offsite.ownership import require_own_store, this_owner
from portal.jobs.operations.progress import Progress

RETRIES = (1, 5, 15)
"""Minutes until the next attempt; after the last one each hour."""


def copies_due(store: str) -> list[str]:
    """The names of verified backups without a copy in this store that are due, the oldest first.

    A damaged one is among them: that it can't be sent is reported like any other failure.
    """
    here = BackupCopy.backup_id == Backup.id, BackupCopy.store == store
    query = (
        select(Backup)
        .outerjoin(BackupCopy, here[0] & here[1])
        .where(Backup.proven_at.is_not(None), Backup.removed_at.is_(None))
        .where(BackupCopy.id.is_(None) | (BackupCopy.next_attempt_at <= now()))
        .order_by(Backup.taken_at)
    )
    return [backup.name for backup in readable(query)]


def copy_backup(backup: Backup, store: Store, *, by: Actor, progress: Progress) -> BackupCopy:
    """Send a backup to the store and read it back; the row records the outcome. Commits."""
    backup_id, target, started = backup.id, backup.target, time.monotonic()
    key = backup_key()
    owner = this_owner(key)
    sent = copy_of(backup, file_of(backup), key)
    db.session.commit()
    size, why = None, None
    try:
        require_whole(backup)
        db.session.commit()
        require_own_store(store, owner)
        with progress.step(f"Send {sent.name} to {store.address}"):
            size = send(sent, store, key, progress.advance)
        with progress.step("Read it back, open it and compare"):
            read_back(sent, store, key)
        send_manifest(sent, store, key)
    except PortalError as error:
        why = str(error)
    except OSError as error:
        why = f"{sent.source.name} could not be read: {error.strerror}."
    copy = copy_row(backup_id, store.address)
    _note(copy, size=size, why=why, seconds=time.monotonic() - started)
    record(
        "backup.copied",
        sent.name,
        by=by,
        outcome=Outcome.FAILED if why else Outcome.DONE,
        target=target,
        details={"store": store.address, "size": size},
        reason=why,
    )
    db.session.commit()
    return copy


def failed_copies() -> list[BackupCopy]:
    """Copies that could not be sent to the store so far, the newest backup first."""
    route = settings().backup_store
    if route is None:
        return []
    copies = (copy for backup in standing_backups() for copy in backup.copies)
    return [
        copy for copy in copies if copy.store == route.address and copy.state is CopyState.FAILED
    ]


def copy_row(backup_id: int, store: str) -> BackupCopy:
    """The row of this backup in this store, new before the first attempt."""
    query = select(BackupCopy).where(BackupCopy.backup_id == backup_id, BackupCopy.store == store)
    copy = db.session.scalar(query)
    if copy is None:
        copy = BackupCopy(backup_id=backup_id, store=store, state=CopyState.FAILED, attempts=0)
        db.session.add(copy)
    return copy


def _note(copy: BackupCopy, *, size: int | None, why: str | None, seconds: float) -> None:
    copy.attempts += 1
    copy.seconds, copy.why = seconds, why
    if why is None:
        copy.state, copy.size, copy.stored_at = CopyState.STORED, size, now()
        copy.next_attempt_at = None
        return
    copy.state = CopyState.FAILED
    minutes = RETRIES[copy.attempts - 1] if copy.attempts <= len(RETRIES) else 60
    copy.next_attempt_at = now() + timedelta(minutes=minutes)
