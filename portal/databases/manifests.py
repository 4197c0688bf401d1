"""Manifests: what the catalogue knows of a backup, beside its file, signed with the backup key.

The catalogue can be lost. What a manifest says is believed when its signature holds; one from
before there were signatures is believed only for a database whose label this control room signed.
"""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from portal.core.database import JsonDict
from portal.core.errors import PortalError, Refused, Unavailable
from portal.databases.keys import BackupKey
from portal.databases.models import Backup

FORMAT = 1
NOT_IN_IT = {"id", "vouched", "removed_at", "removed_because"}


def manifest_of(backup: Backup, key: BackupKey) -> str:
    fields: JsonDict = {"format": FORMAT, "key": key.name}
    for column in set(Backup.__table__.columns.keys()) - NOT_IN_IT:
        value = getattr(backup, column)
        fields[column] = value.isoformat() if isinstance(value, datetime) else value
    signed = fields | {"signature": key.sign(_signed_part(fields))}
    return json.dumps(signed, indent=2, sort_keys=True) + "\n"


def write_manifest(folder: Path, name: str, text: str) -> None:
    """Whole or not at all, readable by its owner alone. Raises Unavailable."""
    partial = folder / f"{name}.json.partial"
    try:
        partial.touch(mode=0o600)
        partial.write_text(text)
        partial.rename(folder / f"{name}.json")
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise Unavailable(f"The manifest could not be written: {error.strerror}.") from None


def read_manifest(text: str | bytes, name: str, key: BackupKey) -> Backup:
    """A row that is in no session; `vouched` says whether its signature holds, None without one.

    Raises PortalError for what is no manifest.
    """
    try:
        fields = json.loads(text)
        signature, signed = fields.pop("signature", None), _signed_part(fields)
        if fields["format"] != FORMAT:
            raise ValueError(f"format {fields['format']} is not known")
        backup = Backup(**_columns(fields))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PortalError(f"{name} can't be read as a backup's manifest: {error}.") from None
    backup.vouched = None if signature is None else key.has_signed(signed, str(signature))
    return backup


def require_signed(backup: Backup, name: str) -> None:
    """Raises Refused unless the manifest was signed with the key of this machine, as `name`."""
    if not backup.vouched or backup.name != name:
        raise Refused(
            f"The manifest of {name} wasn't signed with this backup key.",
            way_out="Put the key that signed it into BACKUP_KEY_FILE.",
        )


def _signed_part(fields: JsonDict) -> bytes:
    return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()


def _columns(fields: JsonDict) -> dict[str, Any]:
    """Fields that a later release added are no reason to lose a backup."""
    known = set(Backup.__table__.columns.keys()) - NOT_IN_IT
    values = {name: value for name, value in fields.items() if name in known}
    for column in ("taken_at", "proven_at"):
        values[column] = values[column] and datetime.fromisoformat(values[column])
    return values
