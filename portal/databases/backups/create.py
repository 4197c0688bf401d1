"""Taking a backup: copied from one snapshot, restored into scratch, valid only when both agree."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.engine import URL

from portal.audit.actor import Actor
from portal.audit.service import record
from portal.core.clock import now
from portal.core.errors import Refusal, Refused
from portal.core.storage.database import JsonDict, db
from portal.databases.backups.files import alone, backups_folder, new_name
from portal.databases.backups.key import backup_key
from portal.databases.backups.manifest import manifest_of, write_manifest
from portal.databases.backups.models import Backup, Purpose
from portal.databases.backups.scratch import scratch_folder
from portal.databases.engines import engine_for
from portal.databases.engines.copies import Content, copier_for, sha256_of
from portal.databases.migrations.history import current_revision
from portal.databases.targets.config import Target
from portal.databases.targets.identity import judge
from portal.databases.targets.identity_label import read_label
from portal.jobs.operations.progress import Progress

More = TypeVar("More")


@dataclass(frozen=True)
class VerifiedCopy:
    """A backup file that was restored and agreed with what its source held."""

    file: Path
    taken_at: datetime
    seconds: float
    content: Content
    revision: str | None
    database_uuid: str
    sha256: str
    size: int


def take_backup(
    target: Target,
    *,
    reason: str,
    by: Actor,
    progress: Progress,
    run: str | None = None,
    purpose: Purpose = Purpose.ASKED,
) -> Backup:
    """Copy the target's database, prove the copy, and put it into the catalogue.

    Commits the open ops transaction first, so that ops is not locked while files are copied.
    Unless the copy was proven, nothing is catalogued and no file is left. Raises Refused or
    Unavailable.
    """
    db.session.commit()
    backup_key()  # before anything is copied: without it nothing would be catalogued
    known = _identity(target)
    db.session.commit()  # reading the register took the writer's lock
    with alone(target.name):
        proven = _copy_target(target, progress)
    try:
        if proven.database_uuid != known or _identity(target) != known:
            raise Refused(f"{target.name} was replaced while it was copied.", remedy="Try again.")
    except BaseException:
        proven.file.unlink(missing_ok=True)
        raise
    return catalogue(target.name, proven, reason=reason, by=by, run=run, purpose=purpose)


def _identity(target: Target) -> str:
    """The uuid of the database at the target's address. Raises Refused unless it is the registered
    one: a backup of a copy must never count as the target's own."""
    judgement = judge(target)
    if not judgement.fits or judgement.label is None:
        raise Refused(
            f"{judgement.sentence} So it is not backed up.",
            remedy=judgement.remedy,
            refusal=Refusal("backup.taken", target.name),
        )
    return judgement.label.database_uuid


def catalogue(
    target: str,
    proven: VerifiedCopy,
    *,
    reason: str,
    by: Actor,
    run: str | None = None,
    purpose: Purpose = Purpose.ASKED,
    checkpoint: JsonDict | None = None,
) -> Backup:
    """Enter a verified backup, and write its signed manifest next to its file."""
    backup = Backup(
        name=proven.file.stem,
        target=target,
        database_uuid=proven.database_uuid,
        revision=proven.revision,
        file=proven.file.name,
        sha256=proven.sha256,
        size=proven.size,
        counts=proven.content.counts,
        content_digest=proven.content.digest,
        reason=reason,
        run=run,
        taken_by=by.name,
        taken_at=proven.taken_at,
        seconds=proven.seconds,
        proven_at=now(),
        purpose=purpose.value,
        checkpoint=checkpoint,
    )
    try:
        write_manifest(backups_folder(), backup.name, manifest_of(backup, backup_key()))
    except BaseException:
        proven.file.unlink(missing_ok=True)
        raise
    db.session.add(backup)
    record(
        "backup.taken",
        backup.name,
        by=by,
        target=target,
        details={"sha256": backup.sha256, "rows": sum(backup.counts.values()), "proven": True},
        reason=reason,
    )
    return backup


def copy_proven(
    name: str,
    url: URL,
    read: Callable[[Connection], tuple[str | None, str, More]],
    progress: Progress,
    *,
    what: str = "the database",
) -> tuple[VerifiedCopy, More]:
    """Copy the live database into a file, restore that into scratch and compare the two.

    `read` returns revision, uuid and more of the restored copy. Raises Refused or Unavailable, and
    then no file remains.
    """
    copier, taken_at, started = copier_for(url), now(), time.monotonic()
    file = backups_folder() / f"{new_name(name, taken_at)}{copier.suffix}"
    with progress.step(f"Copy {what} while it runs"):
        content = copier.snapshot(file, watch=progress.advance)
    try:
        with progress.step("Restore the copy into scratch and compare"), scratch_folder() as folder:
            scratch, restored = copier.scratch(file, folder)
            if differing := content.differs_in(restored):
                raise Refused(f"The restored copy differs in {', '.join(differing)}.")
            with engine_for(scratch).reading() as connection:
                revision, uuid, more = read(connection)
        sha256, size = sha256_of(file), file.stat().st_size
    except BaseException:
        file.unlink(missing_ok=True)
        raise
    seconds = time.monotonic() - started
    return VerifiedCopy(file, taken_at, seconds, content, revision, uuid, sha256, size), more


def _copy_target(target: Target, progress: Progress) -> VerifiedCopy:
    def read(connection: Connection) -> tuple[str | None, str, None]:
        label = read_label(connection)
        if label is None:
            raise Refused(f"{target.name} has no label, so it is unknown whose copy it is.")
        return current_revision(connection), label.database_uuid, None

    proven, _ = copy_proven(target.name, target.url, read, progress)
    counts = proven.content.counts
    progress.say(f"{len(counts)} tables, {sum(counts.values())} rows: all equal.")
    return proven
