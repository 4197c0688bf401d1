"""Rebuilds the catalogue of backups from the manifests next to the files.

One bad manifest never ends the rebuild: it is reported, and the others are entered.
"""

from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select, update

from portal.core.clock import now
from portal.core.errors import PortalError
from portal.core.storage.database import db
from portal.databases.backups.catalogue.find import backup_named, backups
from portal.databases.backups.catalogue.rows import bad_rows, known_names, row_fault
from portal.databases.backups.files import backups_folder
from portal.databases.backups.integrity import damage_of
from portal.databases.backups.key import BackupKey, backup_key
from portal.databases.backups.manifest import NOT_IN_IT, read_manifest
from portal.databases.backups.manifest_faults import SUFFIXES, contradiction
from portal.databases.backups.models import Backup


@dataclass
class Rebuilt:
    """What was entered, and a sentence for each file that could not be."""

    entered: list[Backup] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def rebuild_catalogue() -> Rebuilt:
    """Enter backups that have a manifest but no row, each after its file was read.

    A damaged file is entered with its damage; one that the key did not sign is not verified. A
    damaged row is rewritten from its signed manifest, if the file matches it. The caller commits.
    """
    key, rebuilt, damaged = backup_key(), Rebuilt(), _damaged_rows()
    folder, known = backups_folder(), known_names()
    for file in sorted(folder.glob("*.json")):
        try:
            backup = read_file(file, key)
        except PortalError as error:
            rebuilt.problems.append(str(error))
            continue
        if row := _row_of(backup, damaged, known):
            _fix_row(row.id, backup, rebuilt)
            damaged.remove(row)
        elif backup.name not in known:
            _enter(backup, rebuilt)
    rebuilt.problems += [f"{row.sentence} No signed manifest tells of it." for row in damaged]
    rebuilt.problems += _without_manifest(folder, known)
    return rebuilt


def read_file(file: Path, key: BackupKey) -> Backup:
    """Raises PortalError, naming the file."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise PortalError(f"{file.name} can't be read as a backup's manifest: {why}.") from None
    backup = read_manifest(text, file.name, key)
    if backup.name != file.stem:
        raise PortalError(f"{file.name} is the manifest of {backup.name}: it was renamed.")
    return backup


def _enter(backup: Backup, rebuilt: Rebuilt) -> None:
    entered(backup)
    if backup.vouched is False:
        backup.proven_at = None
        rebuilt.problems.append(f"{backup.name}.json was not signed with this backup key.")
    if backup.damage:
        rebuilt.problems.append(f"Backup {backup.name} is damaged: {backup.damage}.")
    rebuilt.entered.append(backup)


def entered(backup: Backup) -> None:
    """Add the row after its file was read, with its damage."""
    backup.checked_at, backup.damage = now(), damage_of(backup)
    db.session.add(backup)


@dataclass(frozen=True)
class _DamagedRow:
    """`name`, `file` and `sha256` as stored in the row: one of them may still be right."""

    id: int
    name: str
    file: str
    sha256: str
    sentence: str


def _row_of(backup: Backup, damaged: list[_DamagedRow], known: set[str]) -> _DamagedRow | None:
    """The damaged row that a manifest describes: by its name; if the name was damaged, by the other
    columns that are still right. Two backups may have the same bytes.
    """
    by_name = [each for each in damaged if each.name == backup.name]
    if by_name or backup.name in known:
        return next(iter(by_name), None)
    for column in ("file", "sha256"):
        for each in damaged:
            if getattr(each, column) == getattr(backup, column):
                return each
    return None


def _damaged_rows() -> list[_DamagedRow]:
    faults = {row.id: str(row) for row in bad_rows()}
    for each in backups():
        if each.removed_at is None and (fault := row_fault(each) or contradiction(each)):
            faults[each.id] = f"Backup {each.name} is damaged: {fault}."
    query = select(Backup.id, Backup.name, Backup.file, Backup.sha256).where(Backup.id.in_(faults))
    return [
        _DamagedRow(row_id, str(name), str(file), str(sha256), faults[row_id])
        for row_id, name, file, sha256 in db.session.execute(query)
    ]


def _fix_row(row_id: int, backup: Backup, rebuilt: Rebuilt) -> None:
    if not backup.vouched or (why := damage_of(backup)):
        reason = why if backup.vouched else "its manifest was not signed with this backup key"
        rebuilt.problems.append(f"The row of backup {backup.name} can’t be fixed: {reason}.")
        return
    names = set(Backup.__table__.columns.keys()) - NOT_IN_IT
    values = {name: getattr(backup, name) for name in names} | {"damage": None, "checked_at": now()}
    db.session.execute(update(Backup).where(Backup.id == row_id).values(**values))
    db.session.expire_all()
    rebuilt.entered.append(backup_named(backup.name))


def _without_manifest(folder: Path, known: set[str]) -> list[str]:
    return [
        f"{file.name} has no manifest, so its content is unknown."
        for file in sorted(folder.iterdir())
        if file.suffix in SUFFIXES
        and file.stem not in known
        and not file.with_suffix(".json").exists()
    ]
