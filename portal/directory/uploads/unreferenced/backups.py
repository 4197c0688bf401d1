"""The backups that are kept, here or away: a restore to one may need a picture of its time."""

from datetime import datetime

from portal.core.clock import now
from portal.core.configuration.settings import OPS, settings
from portal.core.errors import Unavailable
from portal.core.storage.database import db
from portal.databases.backups.catalogue.find import EVER, backups
from portal.databases.backups.catalogue.rows import bad_rows, known_names
from portal.databases.backups.manifest_faults import uncatalogued
from portal.databases.backups.models import Backup, CopyState
from portal.databases.backups.offsite.configured import the_store
from portal.databases.backups.offsite.encrypted_copy import MANIFEST


def oldest_kept_backup() -> datetime:
    """When the oldest kept backup of a directory was taken.

    Raises Unavailable, with a sentence, where there is none, and where one is not understood.
    Commits.
    """
    _require_whole_catalogue()
    taken = [_taken_at(each) for each in backups() if each.target != OPS and _is_kept(each)]
    if not taken:
        raise Unavailable("There is no backup.")
    return min(taken)


def _require_whole_catalogue() -> None:
    problems = [*map(str, bad_rows()), *uncatalogued()]
    if settings().backup_store is not None:
        known = known_names()
        db.session.commit()  # ops is not locked while the store is asked
        names = [each for each in the_store().names() if each.endswith(MANIFEST)]
        unknown = (each for each in names if each.removesuffix(MANIFEST) not in known)
        problems += [
            f"{each} is in the store, and its backup not in the catalogue." for each in unknown
        ]
    if problems:
        raise Unavailable(problems[0])


def _is_kept(backup: Backup) -> bool:
    """Also one whose removal is dated wrongly, or of which a copy is not known to be removed."""
    removed = backup.removed_at
    is_removed = removed is not None and EVER[0] <= removed <= now()
    return not is_removed or any(copy.state is not CopyState.REMOVED for copy in backup.copies)


def _taken_at(backup: Backup) -> datetime:
    if backup.taken_at is None or not EVER[0] < backup.taken_at <= now():
        raise Unavailable(f"It is not known when backup {backup.name} was taken.")
    return backup.taken_at
