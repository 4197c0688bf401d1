"""Whether a backup is still what was verified: its row, its manifest, its size and its bytes."""

from datetime import timedelta
from pathlib import Path

from portal.core.clock import now
from portal.core.errors import Refusal, Refused
from portal.core.page import cached_per_page
from portal.core.storage.database import db
from portal.databases.backups.catalogue.rows import row_fault
from portal.databases.backups.files import file_of
from portal.databases.backups.manifest_faults import contradiction
from portal.databases.backups.models import Backup
from portal.databases.engines.copies import sha256_of
from portal.jobs.leases.clocks import is_ahead, require_past

FRESH = timedelta(hours=24)


@cached_per_page
def visible_damage(backup: Backup) -> str | None:
    """Damage found by a quick check for pages: by the last full read of the file, or by its row,
    its manifest and its size now. None does not prove that the file is whole: `damage_of` reads
    all of it.
    """
    return backup.damage or _damage_at_a_glance(backup)


def damage_of(backup: Backup) -> str | None:
    """Why the file is not byte for byte the one that was proven; None where it is."""
    if damage := _damage_at_a_glance(backup):
        return damage
    return _damage_by_content(file_of(backup), backup.sha256)


def damage_meanwhile(backup: Backup) -> str | None:
    """Like `damage_of`, but commits the ops transaction before the file is read, so that others can
    write to ops."""
    if damage := _damage_at_a_glance(backup):
        return damage
    file, sha256 = file_of(backup), backup.sha256
    db.session.commit()
    return _damage_by_content(file, sha256)


def is_whole(backup: Backup) -> bool:
    return damage_of(backup) is None


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


def _damage_by_content(file: Path, sha256: str) -> str | None:
    try:
        same = sha256_of(file) == sha256
    except OSError as error:
        return f"its file can’t be read ({error.strerror})"
    return None if same else "its file has other content than what was verified"


def require_whole(backup: Backup) -> Path:
    """The backup's file. Raises Refused when it isn't proven, or isn't what was verified.

    Commits the ops transaction, so that ops is not locked while the file is read.
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
    """Whether it is at most a day old; False for one from the future, whose age is unknown."""
    return now() - backup.taken_at <= FRESH and not is_ahead(backup.taken_at)


def require_fresh(backup: Backup) -> None:
    require_past(f"backup {backup.name} was taken", backup.taken_at)
    if not is_fresh(backup):
        raise Refused(f"Backup {backup.name} is older than a day.", remedy="Take a new backup.")
