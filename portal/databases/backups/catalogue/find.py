"""Queries of the catalogue: one backup by name, lists of them, the newest usable one."""

from datetime import UTC, datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from portal.core.errors import NotFound, Refused
from portal.core.page import current_page
from portal.core.storage.between_pages import cached_until_commit
from portal.databases.backups.catalogue.rows import (
    REMEDY,
    BadRow,
    Sorted,
    bad_rows,
    readable,
    sorted_out,
)
from portal.databases.backups.integrity import visible_damage
from portal.databases.backups.models import Backup
from portal.databases.targets.registry import registered_target

EVER = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
"""A removal outside of this range is garbled, so the backup counts as not removed."""


def backup_named(name: str) -> Backup:
    """Raises NotFound, or Refused where its row can't be read."""
    query = select(Backup).where(Backup.name == name)
    if found := readable(query):
        return found[0]
    for row in bad_rows():
        if row.name == name:
            raise Refused(str(row), remedy=REMEDY)
    raise NotFound(f"There is no backup named {name}.", remedy="Look at /ops/backups.")


def backups(target: str | None = None) -> list[Backup]:
    """All backups, or those of one target; the newest first."""
    query = _newest_first()
    return readable(query.where(Backup.target == target) if target else query)


def standing_backups() -> list[Backup]:
    """All backups that were not removed, of all targets; the newest first."""
    return [each for each in _standing().readable if each.removed_at is None]


def bad_standing_rows() -> list[BadRow]:
    """Unreadable rows of backups that are not known to be removed."""
    return _standing().bad


@cached_until_commit()
def _standing() -> Sorted:
    """Backups that were not removed, with their copies, in one statement."""
    return sorted_out(_STANDING)


def newest_backup(target: str, *, run: str | None = None) -> Backup | None:
    """The newest verified backup of a target, or of one run, without visible damage, and of the
    database that is registered under the target's name now.

    The file is not read in full: call `require_whole` before the backup is used.
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
