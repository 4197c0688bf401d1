"""Contradictions between a backup's signed manifest and the backup, or its row in the catalogue."""

import time
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from portal.core.errors import PortalError, Unavailable
from portal.core.page import cached_per_page
from portal.databases.backups.catalogue.rows import known_among
from portal.databases.backups.files import folder_of_backups
from portal.databases.backups.key import BackupKey, backup_key, is_key_name
from portal.databases.backups.manifest import read_signed
from portal.databases.backups.models import Backup

ALIKE = ("name", "target", "database_uuid", "file", "sha256", "size", "content_digest", "counts")
"""Columns in which a row and its manifest never differ; times may, if a clock was adjusted."""
SUFFIXES = {".sqlite3", ".dump"}
"""The suffixes of backup files."""
YOUNG = 600.0
"""Seconds that a new backup has to appear in the catalogue."""


@dataclass(frozen=True)
class _Manifest:
    """The content of a manifest; `fault` is why it can't be read."""

    backup: Backup | None = None
    key: str = ""
    fault: str | None = None

    @property
    def holds(self) -> bool:
        return self.backup is not None and self.backup.vouched is True

    @property
    def is_altered(self) -> bool:
        return self.backup is not None and self.backup.vouched is False


def contradiction(backup: Backup) -> str | None:
    """Why row and manifest can't both be right, if the manifest's signature is valid."""
    manifest = _manifest_of(backup)
    if manifest is None or not manifest.holds:
        return None
    for column in ALIKE:
        if getattr(manifest.backup, column) != getattr(backup, column):
            return f"its row in the catalogue says another “{column}” than its signed manifest"
    return None


def manifest_fault(backup: Backup) -> str | None:
    """Why the backup could not be entered again after losing the catalogue.

    Its file may be intact.
    """
    manifest = _manifest_of(backup)
    if manifest is None or manifest.fault:
        return manifest.fault if manifest else None
    if manifest.is_altered and not _is_of_another_key(manifest):
        return "its manifest was altered: its signature does not hold"
    return None


def is_signed_elsewhere(backup: Backup) -> bool:
    """Whether its manifest was signed with another key than the present one."""
    manifest = _manifest_of(backup)
    return manifest is not None and manifest.is_altered and _is_of_another_key(manifest)


def uncatalogued(*, known: Collection[str] = ()) -> list[str]:
    """Files without a row, a sentence each. `known`: names that certainly have one."""
    there = [each for each in folder_of_backups().glob("*") if _is_one(each)]
    unknown = [each for each in there if each.stem not in known]
    entered = known_among({each.stem for each in unknown})
    found: dict[str, str] = {}
    for each in sorted(unknown, key=lambda file: file.suffix == ".json"):
        if each.stem not in entered and not _is_young(each):
            found.setdefault(each.stem, each.name)
    return [
        f"{name} is among the backups, and not in the catalogue. Enter it again:"
        " flask databases rebuild-catalogue"
        for name in found.values()
    ]


def _is_one(file: Path) -> bool:
    return file.suffix in {*SUFFIXES, ".json"} and not file.name.startswith(".")


def _is_young(file: Path) -> bool:
    try:
        return time.time() - file.stat().st_mtime < YOUNG
    except OSError:
        return False


def _is_of_another_key(manifest: _Manifest) -> bool:
    key = _key()
    return key is not None and manifest.key != key.name and is_key_name(manifest.key)


def _manifest_of(backup: Backup) -> _Manifest | None:
    """None if there is no key to check it with."""
    key = _key()
    if key is None:
        return None
    file = folder_of_backups() / f"{backup.name}.json"
    try:
        facts = file.stat()
    except FileNotFoundError:
        return _Manifest(fault="its manifest is missing")
    except OSError as error:
        return _Manifest(fault=f"its manifest can’t be read ({error.strerror})")
    return _read(file, facts.st_mtime_ns, facts.st_size, key)


@lru_cache(maxsize=2048)
def _read(file: Path, _changed: int, _size: int, key: BackupKey) -> _Manifest:
    """Cached for each state of the file."""
    try:
        backup, signed_with = read_signed(file.read_bytes(), file.name, key)
    except (OSError, PortalError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no whole manifest"
        return _Manifest(fault=f"its manifest can’t be read ({why})")
    return _Manifest(backup, signed_with)


@cached_per_page
def _key() -> BackupKey | None:
    try:
        return backup_key()
    except Unavailable:
        return None
