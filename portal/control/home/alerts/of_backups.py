"""Alerts of backups: damage, the key, rows, manifests, files of no row, copies elsewhere."""

from collections.abc import Iterator, Sequence

from flask import url_for

from portal.control.home.alerts.alert import Alert
from portal.control.home.directories import DirectoryStatus
from portal.databases.backups.catalogue.find import bad_standing_rows, standing_backups
from portal.databases.backups.integrity import visible_damage
from portal.databases.backups.key import key_fault
from portal.databases.backups.manifest_faults import uncatalogued
from portal.databases.backups.offsite.upload import failed_copies
from portal.databases.backups.retention import damaged_backups, lacking_manifests
from portal.databases.backups.strays.aside import all_aside
from portal.databases.status.backups import lacking

Seen = Sequence[DirectoryStatus]


def of_damage(_seen: Seen) -> Iterator[Alert]:
    for backup in damaged_backups()[:3]:
        sentence = f"Backup {backup.name} is damaged: {visible_damage(backup)}."
        yield _alert(sentence, is_grave=not backup.is_away)


def of_backups(_seen: Seen) -> Iterator[Alert]:
    """Problems other than damaged files."""
    sentences = [fault] if (fault := key_fault()) else []
    sentences += [str(row) for row in bad_standing_rows()[:3]]
    sentences += [lacking(backup, why) for backup, why in lacking_manifests()[:3]]
    sentences += uncatalogued(known={each.name for each in standing_backups()})[:3]
    sentences += [found.sentence for found in all_aside()[:3]]
    yield from (_alert(each) for each in sentences)


def of_copies(_seen: Seen) -> Iterator[Alert]:
    for copy in failed_copies()[:1]:
        sentence = f"Backup {copy.backup.name} has no copy off this machine: {copy.why}"
        yield _alert(sentence, is_grave=False)


def _alert(sentence: str, *, is_grave: bool = True) -> Alert:
    address = url_for("databases.list_backups")
    return Alert(sentence, "Look at the backups", address, is_grave=is_grave)
