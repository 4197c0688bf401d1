"""The backup that a rehearsal is tried on."""

from portal.core.errors import Refused
from portal.databases.backups.catalogue.find import backup_named, newest_backup
from portal.databases.backups.models import Backup
from portal.databases.changes.rehearsal import backup_of_another_try
from portal.databases.targets.config import Target
from portal.databases.targets.identity import require_fit
from portal.jobs.models import Operation
from portal.jobs.operations.progress import Progress


def backup_for(operation: Operation, target: Target, progress: Progress) -> Backup:
    """A rehearsal that is tried again takes a new backup: rows may have been corrected since."""
    if name := operation.arguments.get("backup"):
        return backup_named(str(name))
    if taken := backup_of_another_try(target, operation, progress):
        return taken
    found = newest_backup(target.name, run=operation.subject)
    if found is None:
        raise Refused("This run has no verified backup.", remedy="Take it first.")
    return found


def require_same_revision(target: Target, backup: Backup) -> None:
    judgement = require_fit(target)
    if judgement.revision != backup.revision:
        raise Refused(
            f"Backup {backup.name} is of revision {backup.revision}; {target.name} has moved on.",
            remedy="Take a new backup.",
        )
