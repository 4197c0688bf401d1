"""The catalogue of backups, entered again from the manifests that lie beside the files.

One bad manifest never ends the rebuild: it is named, and the others are entered.
"""

from dataclasses import dataclass, field
from pathlib import Path

from portal.core.clock import now
from portal.core.database import db
from portal.core.errors import PortalError
from portal.databases.backup import backups, backups_folder, damage_of
from portal.databases.keys import BackupKey, backup_key
from portal.databases.manifests import read_manifest
from portal.databases.models import Backup

#: What a backup file's name ends with; a lone one is named.
SUFFIXES = {".sqlite3", ".dump"}


@dataclass
class Rebuilt:
    """What was entered, and a sentence for each file that could not be."""

    entered: list[Backup] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def rebuild_catalogue() -> Rebuilt:
    """Enter what stands in manifests and not in the catalogue, each after its file was read.

    A damaged file is entered with its damage; one that the key did not sign is not verified.
    The caller commits.
    """
    known, key, rebuilt = {backup.name for backup in backups()}, backup_key(), Rebuilt()
    folder = backups_folder()
    for file in sorted(folder.glob("*.json")):
        try:
            backup = _read(file, key)
        except PortalError as error:
            rebuilt.problems.append(str(error))
            continue
        if backup.name not in known:
            _enter(backup, rebuilt)
    rebuilt.problems += _without_manifest(folder, known)
    return rebuilt


def _read(file: Path, key: BackupKey) -> Backup:
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
    backup.checked_at, backup.damage = now(), damage_of(backup)
    if backup.vouched is False:
        backup.proven_at = None
        rebuilt.problems.append(f"{backup.name}.json was not signed with this backup key.")
    if backup.damage:
        rebuilt.problems.append(f"Backup {backup.name} is damaged: {backup.damage}.")
    db.session.add(backup)
    rebuilt.entered.append(backup)


def _without_manifest(folder: Path, known: set[str]) -> list[str]:
    return [
        f"{file.name} has no manifest, so nobody knows what it is."
        for file in sorted(folder.iterdir())
        if file.suffix in SUFFIXES
        and file.stem not in known
        and not file.with_suffix(".json").exists()
    ]
