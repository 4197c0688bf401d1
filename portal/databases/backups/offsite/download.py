"""Downloads from the store: its content, and one backup at a time fetched and verified again.

Only the store and the key are needed: the signed manifest describes the backup.
"""

from dataclasses import dataclass

from sqlalchemy import select

from portal.audit.actor import Actor
from portal.audit.service import record
from portal.core.clock import now
from portal.core.errors import Conflict, PortalError, Refused
from portal.core.files.object_store import Store
from portal.core.storage.database import db
from portal.databases.backups.files import alone, backups_folder
from portal.databases.backups.integrity import damage_meanwhile
from portal.databases.backups.key import backup_key
from portal.databases.backups.manifest import manifest_of, write_manifest
from portal.databases.backups.models import Backup, CopyState
from portal.databases.backups.offsite.encrypted_copy import MANIFEST, fetch_copy, manifest_in
from portal.databases.backups.offsite.upload import copy_row
from portal.databases.backups.scratch import scratch_folder
from portal.databases.engines.copies import copier_for
from portal.databases.targets.config import url_of
from portal.jobs.operations.progress import Progress


@dataclass(frozen=True)
class Stored:
    """One manifest of the store: the backup that it describes, or why it can't be trusted."""

    name: str
    backup: Backup | None = None
    why: str | None = None


def stored_backups(store: Store) -> list[Stored]:
    """Every backup with a manifest; the newest first, then what can't be read."""
    names = [name.removesuffix(MANIFEST) for name in store.names() if name.endswith(MANIFEST)]
    found = [_read(store, name) for name in names]
    return sorted(
        found, key=lambda each: each.backup.taken_at.timestamp() if each.backup else 0, reverse=True
    )


def fetch_backup(store: Store, name: str, *, by: Actor, progress: Progress) -> Backup:
    """Download a backup, verify it again, and enter it into the catalogue. Commits.

    Raises Conflict if it is already here, Refused for what was altered, Unavailable.
    """
    key = backup_key()
    _require_absent(name)
    db.session.commit()
    with progress.step("Read and check the manifest"):
        backup = manifest_in(store, name, key)
    with alone(backup.target):
        _bring(backup, store, progress)
    write_manifest(backups_folder(), name, manifest_of(backup, key))
    return _entered(backup, store, by=by)


def _bring(backup: Backup, store: Store, progress: Progress) -> None:
    file = backups_folder() / backup.file
    partial = file.with_name(f"{backup.file}.partial")
    with progress.step(f"Bring {backup.name} from {store.address}"):
        fetch_copy(backup, store, partial, backup_key())
    try:
        with progress.step("Restore it into scratch and compare"), scratch_folder() as folder:
            _, content = copier_for(url_of(backup.target)).scratch(partial, folder)
        if content.digest != backup.content_digest:
            raise Refused(f"Backup {backup.name} no longer restores to what was verified.")
        partial.rename(file)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def _read(store: Store, name: str) -> Stored:
    try:
        return Stored(name, backup=manifest_in(store, name, backup_key()))
    except PortalError as error:
        return Stored(name, why=str(error))


def _require_absent(name: str) -> None:
    known = db.session.scalar(select(Backup).where(Backup.name == name))
    if known is not None and known.is_proven and damage_meanwhile(known) is None:
        raise Conflict(f"Backup {name} is here already.")


def _entered(fetched: Backup, store: Store, *, by: Actor) -> Backup:
    """The catalogue's row, new or with its file restored."""
    known = db.session.scalar(select(Backup).where(Backup.name == fetched.name))
    backup = known or fetched
    if known is None:
        db.session.add(backup)
    elif known.sha256 != fetched.sha256:
        raise Refused(f"The catalogue knows another backup by the name {fetched.name}.")
    backup.removed_at = backup.removed_because = None
    backup.proven_at = backup.checked_at = now()
    backup.damage = None
    db.session.flush()
    copy = copy_row(backup.id, store.address)
    copy.state, copy.why, copy.next_attempt_at = CopyState.STORED, None, None
    copy.stored_at = copy.stored_at or now()
    record(
        "backup.fetched",
        backup.name,
        by=by,
        target=backup.target,
        details={"store": store.address, "sha256": backup.sha256},
    )
    db.session.commit()
    return backup
