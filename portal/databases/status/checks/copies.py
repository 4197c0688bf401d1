"""Backups, their copies off this machine, and the sync."""

from collections.abc import Iterator

from portal.core.configuration.settings import OPS
from portal.core.errors import PortalError
from portal.databases.backups.catalogue.find import newest_backup
from portal.databases.backups.integrity import is_fresh
from portal.databases.backups.offsite.upload import failed_copies
from portal.databases.status.checks.finding import (
    CheckedTarget,
    Finding,
    fault,
    fault_of_real_production,
)
from portal.databases.sync.preconditions import require_all_listed
from portal.databases.sync.results import failed_sync


def fresh_backup(subject: CheckedTarget) -> Iterator[Finding]:
    if subject.target.is_production and (why := _why_not_fresh(subject.name)):
        yield fault_of_real_production(f"{why} Take one: flask databases backup {subject.name}")


def fresh_backup_of_ops() -> Iterator[Finding]:
    if why := _why_not_fresh(OPS):
        yield fault_of_real_production(
            f"The control room's own database: {why} Take one: flask databases backup-ops"
        )


def _why_not_fresh(name: str) -> str | None:
    backup = newest_backup(name)
    if backup is None:
        return "There is no verified backup."
    if not is_fresh(backup):
        return (
            f"The last verified backup, {backup.name} of {backup.taken_at:%Y-%m-%d %H:%M} UTC, is"
            " older than a day, or its time is in the future."
        )
    return None


def away() -> Iterator[Finding]:
    for copy in failed_copies():
        yield fault(
            f"Backup {copy.backup.name} has no copy off this machine: {copy.why} The worker tries"
            " again automatically; fix the store, or see: flask databases store "
            + copy.backup.target
        )


def sync(subject: CheckedTarget) -> Iterator[Finding]:
    if attempt := failed_sync(subject.name):
        yield fault(
            f"The newest sync ended {attempt.state}: {attempt.outcome} Fix that, then run:"
            " flask databases sync"
        )
    if not (subject.target.is_directory and subject.target.is_production):
        return
    try:
        require_all_listed(subject.target)
    except PortalError as error:
        yield fault(f"Nothing can be synced from it: {error}")
