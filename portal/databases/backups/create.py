"""Backups: taken from one snapshot, restored into scratch, and counted only when both agree."""

import fcntl
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from portal.audit.actor import Actor
from portal.audit.service import record
from portal.core.clock import now
from portal.core.errors import Conflict, NotFound, Refusal, Refused
from portal.core.page import current_page, once_a_page
from portal.core.storage.between_pages import kept_between_pages
from portal.core.storage.database import JsonDict, db
from portal.databases.backups.catalogue import (
    BadRow,
    Sorted,
    bad_rows,
    readable,
    row_fault,
    sorted_out,
)
from portal.databases.backups.key import backup_key
from portal.databases.backups.manifest import manifest_of, write_manifest
from portal.databases.backups.manifest_faults import contradiction, folder_of_backups
from portal.databases.backups.models import Backup, Purpose
from portal.databases.backups.scratch import scratch_folder
from portal.databases.engines import engine_for
from portal.databases.engines.copies import Content, copier_for, sha256_of
from portal.databases.migrations.history import current_revision
from portal.databases.targets.config import Target
from portal.databases.targets.identity import judge
from portal.databases.targets.identity_label import read_label
from portal.databases.targets.registry import registered_target
from portal.jobs.leases.clocks import is_ahead, require_past
from portal.jobs.operations.progress import Progress

FRESH = timedelta(hours=24)
EVER = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
"""Between these lies each time that a backup may have been removed at; what does not is garbled."""
ANEW = "Write the row anew from its manifest: flask databases rebuild-catalogue"


@dataclass(frozen=True)
class Proven:
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

    The ops transaction that is open is committed first: nobody waits for it while files are
    copied. Nothing is catalogued, and no file stays, unless the copy was proven. Raises Refused
    or Unavailable.
    """
    db.session.commit()
    backup_key()  # before anything is copied: without it nothing would be catalogued
    known = _identity(target)
    db.session.commit()  # reading the register took the writer's lock
    with alone(target.name):
        proven = _make(target, progress)
    try:
        if proven.database_uuid != known or _identity(target) != known:
            raise Refused(f"{target.name} was replaced while it was copied.", remedy="Try again.")
    except BaseException:
        proven.file.unlink(missing_ok=True)
        raise
    return catalogue(target.name, proven, reason=reason, by=by, run=run, purpose=purpose)


def _identity(target: Target) -> str:
    """The uuid of what stands there. Raises Refused unless it is what was registered: a backup of a
    copy must never count as the target's own."""
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
    proven: Proven,
    *,
    reason: str,
    by: Actor,
    run: str | None = None,
    purpose: Purpose = Purpose.ASKED,
    checkpoint: JsonDict | None = None,
) -> Backup:
    """Enter a verified backup, with its signed manifest beside its file."""
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


def backup_named(name: str) -> Backup:
    """Raises NotFound."""
    query = select(Backup).where(Backup.name == name)
    if found := readable(query):
        return found[0]
    for row in bad_rows():
        if row.name == name:
            raise Refused(str(row), remedy=ANEW)
    raise NotFound(f"There is no backup named {name}.", remedy="Look at /ops/backups.")


def backups(target: str | None = None) -> list[Backup]:
    """All backups, or those of one target; the newest first."""
    query = _newest_first()
    return readable(query.where(Backup.target == target) if target else query)


def standing_backups() -> list[Backup]:
    """Those that were not removed, of all targets; the newest first."""
    return [each for each in _standing().readable if each.removed_at is None]


def bad_standing_rows() -> list[BadRow]:
    """Rows that can't be read, of backups that were not removed as far as can be seen."""
    return _standing().bad


@kept_between_pages()
def _standing() -> Sorted:
    """With their copies, in one statement."""
    return sorted_out(_STANDING)


def newest_backup(target: str, *, run: str | None = None) -> Backup | None:
    """The newest verified backup of a target, or of one run, whose file shows no damage and which
    is of the database that is registered under the target's name now.

    The look is a quick one: whoever uses the backup asks `require_whole`.
    """
    registered = registered_target(target)
    found = [
        each
        for each in (standing_backups() if current_page() else _usable_backups(target))
        if each.target == target
        and each.is_usable
        and run in {None, each.run}
        and (registered is None or each.database_uuid == registered.database_uuid)
    ]
    return next((each for each in found if visible_damage(each) is None), None)


def _usable_backups(target: str) -> list[Backup]:
    query = _newest_first().where(
        Backup.proven_at.is_not(None), Backup.removed_at.is_(None), Backup.damage.is_(None)
    )
    return readable(query.where(Backup.target == target))


def _newest_first() -> Select[Backup]:
    return select(Backup).order_by(Backup.taken_at.desc(), Backup.id.desc())


_STANDING = (
    _newest_first()
    .where(
        Backup.removed_at.is_(None) | (Backup.removed_at < EVER[0]) | (Backup.removed_at > EVER[1])
    )
    .options(joinedload(Backup.copies))
)


def file_of(backup: Backup) -> Path:
    """Raises Refused where the row names no file of this folder: it would be another one's."""
    if fault := row_fault(backup):
        raise Refused(f"Backup {backup.name} is damaged: {fault}.", remedy=ANEW)
    return backups_folder() / backup.file


@once_a_page
def visible_damage(backup: Backup) -> str | None:
    """A quick look for pages: what was found when all of the file was last read, or what its row,
    its manifest and its size say now. None is no proof that the file is whole: `damage_of` reads
    all of it.
    """
    return backup.damage or _damage_at_a_glance(backup)


def damage_of(backup: Backup) -> str | None:
    """Why the file is not, byte for byte, the one that was proven; None where it is."""
    if damage := _damage_at_a_glance(backup):
        return damage
    return _damage_by_content(file_of(backup), backup.sha256)


def damage_meanwhile(backup: Backup) -> str | None:
    """The same, while others write to ops: commits what is open before the file is read."""
    if damage := _damage_at_a_glance(backup):
        return damage
    file, sha256 = file_of(backup), backup.sha256
    db.session.commit()
    return _damage_by_content(file, sha256)


def is_whole(backup: Backup) -> bool:
    return damage_of(backup) is None


def _damage_by_content(file: Path, sha256: str) -> str | None:
    try:
        same = sha256_of(file) == sha256
    except OSError as error:
        return f"its file can’t be read ({error.strerror})"
    return None if same else "its file has other content than what was verified"


def _damage_at_a_glance(backup: Backup) -> str | None:
    return row_fault(backup) or contradiction(backup) or _damage_by_size(backup)


def _damage_by_size(backup: Backup) -> str | None:
    try:
        size = file_of(backup).stat().st_size
    except FileNotFoundError:
        return "its file is missing"
    except OSError as error:
        return f"its file can’t be read ({error.strerror})"
    return None if size == backup.size else f"its file has {size:,} of {backup.size:,} bytes"


def require_whole(backup: Backup) -> Path:
    """The backup's file. Raises Refused when it isn't proven, or isn't what was verified.

    Commits what is open: nobody waits for ops while the file is read.
    """
    if not backup.is_proven:
        raise Refused(f"Backup {backup.name} was never verified.", remedy="Take a new backup.")
    if damage := damage_meanwhile(backup):
        raise Refused(
            f"Backup {backup.name} is damaged: {damage}.",
            remedy="Choose another backup, or take a new one.",
            refusal=Refusal("backup.used", backup.target, {"backup": backup.name}),
        )
    return file_of(backup)


def is_fresh(backup: Backup) -> bool:
    """Not older than a day; one from the future is of no known age."""
    return now() - backup.taken_at <= FRESH and not is_ahead(backup.taken_at)


def require_fresh(backup: Backup) -> None:
    require_past(f"backup {backup.name} was taken", backup.taken_at)
    if not is_fresh(backup):
        raise Refused(f"Backup {backup.name} is older than a day.", remedy="Take a new backup.")


def backups_folder() -> Path:
    folder = folder_of_backups()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _make(target: Target, progress: Progress) -> Proven:
    copier = copier_for(target.url)
    taken_at, started = now(), time.monotonic()
    file = backups_folder() / f"{new_name(target.name, taken_at)}{copier.suffix}"
    with progress.step("Copy the database while it runs"):
        content = copier.snapshot(file, watch=progress.advance)
    try:
        with progress.step("Restore the copy into scratch and compare"):
            revision, database_uuid = _prove(target, file, content)
        sha256, size = sha256_of(file), file.stat().st_size
    except BaseException:
        file.unlink(missing_ok=True)
        raise
    progress.say(f"{len(content.counts)} tables, {sum(content.counts.values())} rows: all equal.")
    seconds = time.monotonic() - started
    return Proven(file, taken_at, seconds, content, revision, database_uuid, sha256, size)


def _prove(target: Target, file: Path, content: Content) -> tuple[str | None, str]:
    """Restore into scratch and compare; returns what the copy says of itself."""
    with scratch_folder() as folder:
        url, restored = copier_for(target.url).scratch(file, folder)
        if differing := content.differs_in(restored):
            raise Refused(f"The restored copy differs in {', '.join(differing)}.")
        with engine_for(url).reading() as connection:
            label = read_label(connection)
            if label is None:
                raise Refused(f"{target.name} carries no label, so nobody knows whose copy it is.")
            return current_revision(connection), label.database_uuid


def new_name(target: str, at: datetime) -> str:
    return f"{_slug(target)}-{at:%Y-%m-%d-%H%M%S}-{secrets.token_hex(2)}"


def _slug(target: str) -> str:
    return target.replace("/", "-")


@contextmanager
def alone(target: str) -> Iterator[None]:
    """One backup of a target at a time; what a killed one left half-written is removed."""
    with (backups_folder() / f".{_slug(target)}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(f"{target} is being backed up already.") from None
        for partial in backups_folder().glob(f"{_slug(target)}-[0-9]*.partial*"):
            partial.unlink()
        yield
