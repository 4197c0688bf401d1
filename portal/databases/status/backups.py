"""Faults of the backups, for `flask databases check`: each file is read completely.

File, manifest, row, key and store are checked one by one; no failure ends the other checks.
"""

from collections.abc import Iterator

from portal.core.configuration.settings import OPS, settings
from portal.core.errors import PortalError
from portal.databases.backups.catalogue.find import backups
from portal.databases.backups.catalogue.rows import bad_rows
from portal.databases.backups.integrity import damage_of
from portal.databases.backups.key import backup_key, key_fault
from portal.databases.backups.manifest_faults import (
    is_signed_elsewhere,
    manifest_fault,
    uncatalogued,
)
from portal.databases.backups.models import Backup, BackupCopy
from portal.databases.backups.offsite.check import asked, damaged, faulty_copies, opened
from portal.databases.backups.offsite.configured import the_store
from portal.databases.backups.strays.aside import all_aside
from portal.databases.status.checks.finding import Finding

REBUILD = "Rebuild it from its manifest: flask databases rebuild-catalogue"


def check_backups(*, store: bool = False) -> Iterator[Finding]:
    """`store`: each copy off this machine is decrypted as well, whatever its size says."""
    if why := key_fault():
        yield Finding(why)
    for row in bad_rows():
        yield Finding(f"{row} {REBUILD}")
    kept = [each for each in backups() if each.is_proven and each.removed_at is None]
    for backup in kept:
        yield from _of_backup(backup)
    yield from _of_keys(kept)
    for sentence in uncatalogued():
        yield Finding(sentence)
    for found in all_aside():
        yield Finding(found.sentence)
    if settings().backup_store is not None and not why:
        yield from _of_store(whole=store)


def lacking(backup: Backup, why: str) -> str:
    return (
        f"Backup {backup.name}: {why}. It could not be entered again, were the catalogue lost."
        " Take a new one."
    )


def _of_backup(backup: Backup) -> Iterator[Finding]:
    if damage := damage_of(backup):
        summary = f"Backup {backup.name} is damaged: {damage}."
        if _has_whole_copy(backup):
            remedy = f"Bring its copy back: flask databases fetch {backup.name}"
            yield Finding(f"{summary} {remedy}", is_fault=False)
        else:
            yield Finding(f"{summary} {REBUILD if 'its row' in damage else _again(backup)}")
    elif why := manifest_fault(backup):
        yield Finding(lacking(backup, why))


def _again(backup: Backup) -> str:
    command = "backup-ops" if backup.target == OPS else f"backup {backup.target}"
    return f"Take a new one: flask databases {command}"


def _of_keys(kept: list[Backup]) -> Iterator[Finding]:
    if count := sum(is_signed_elsewhere(each) for each in kept):
        one = "1 backup was" if count == 1 else f"{count} backups were"
        yield Finding(
            f"{one} signed with another key than this one: keep that key.", is_fault=False
        )


def _of_store(*, whole: bool) -> Iterator[Finding]:
    try:
        for copy, why in faulty_copies(the_store(), whole=whole):
            yield Finding(
                f"{damaged(copy, why)} The worker sends it again, where the backup here is whole."
            )
    except PortalError as error:
        yield Finding(f"The copies could not be checked: {error}")


def _has_whole_copy(backup: Backup) -> bool:
    """Whether the configured store has a copy that decrypts to its end."""
    try:
        store = the_store()
        copy = next((each for each in backup.copies if _is_in(each, store.address)), None)
        return copy is not None and opened(asked(copy), store, backup_key()) is None
    except PortalError:
        return False


def _is_in(copy: BackupCopy, store: str) -> bool:
    return copy.store == store and copy.is_stored
