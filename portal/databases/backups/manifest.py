"""Manifests: the catalogue's data of a backup, next to its file, signed with the backup key.

The catalogue can be lost. A manifest is trusted if its signature is valid; one from before there
were signatures is trusted only for a database whose label this control room signed.
"""

import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from portal.core.clock import now
from portal.core.errors import PortalError, Refused, Unavailable
from portal.core.files.private import write_whole
from portal.core.storage.database import JsonDict
from portal.databases.backups.key import BackupKey
from portal.databases.backups.models import Backup

FORMAT = 1
REQUIRED: dict[str, type | tuple[type, ...]] = {
    **dict.fromkeys(("name", "target", "database_uuid", "file", "sha256"), str),
    **dict.fromkeys(("content_digest", "reason", "taken_by", "taken_at"), str),
    "size": int,
    "counts": dict,
    "seconds": (int, float),
}
FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
# A clock that was ahead when a backup was taken is no reason to lose the backup.
AHEAD = timedelta(days=1)
NOT_IN_IT = {"id", "vouched", "removed_at", "removed_because", "checked_at", "damage"}


def manifest_of(backup: Backup, key: BackupKey) -> str:
    fields: JsonDict = {"format": FORMAT, "key": key.name}
    for column in set(Backup.__table__.columns.keys()) - NOT_IN_IT:
        value = getattr(backup, column)
        fields[column] = value.isoformat() if isinstance(value, datetime) else value
    signed = fields | {"signature": key.sign(_signed_part(fields))}
    return json.dumps(signed, indent=2, sort_keys=True) + "\n"


def write_manifest(folder: Path, name: str, text: str) -> None:
    """Write the whole file and sync it, or nothing; mode 0600. Raises Unavailable."""
    try:
        write_whole(folder / f"{name}.json", text.encode())
    except OSError as error:
        raise Unavailable(f"The manifest could not be written: {error.strerror}.") from None


def read_manifest(text: str | bytes, name: str, key: BackupKey) -> Backup:
    """The row of `read_signed`."""
    return read_signed(text, name, key)[0]


def read_signed(text: str | bytes, name: str, key: BackupKey) -> tuple[Backup, str]:
    """The backup that a manifest describes, and the name of the key it claims to be signed with.

    The row is in no session; `vouched` says whether its signature is valid, None without one.

    Raises PortalError for what is not a manifest, or one with a missing or invalid field.
    """
    try:
        fields = json.loads(text)
        signature, signed = fields.pop("signature", None), _signed_part(fields)
        if fields["format"] != FORMAT:
            raise ValueError(f"format {fields['format']} is not known")
        _require_fields(fields)
        backup = Backup(**_columns(fields))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise PortalError(f"{name} can't be read as a backup's manifest: {error}.") from None
    backup.vouched = None if signature is None else key.has_signed(signed, str(signature))
    return backup, str(fields.get("key") or "")


def require_signed(backup: Backup, name: str) -> None:
    """Raises Refused unless the manifest was signed with the key of this machine, as `name`."""
    if not backup.vouched or backup.name != name:
        raise Refused(
            f"The manifest of {name} wasn't signed with this backup key.",
            remedy="Put the key that signed it into BACKUP_KEY_FILE.",
        )


def _signed_part(fields: JsonDict) -> bytes:
    return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()


def _require_fields(fields: JsonDict) -> None:
    """Raises KeyError or ValueError: values that the catalogue can't store, or a file elsewhere."""
    for name, kinds in REQUIRED.items():
        if not isinstance(fields[name], kinds) or isinstance(fields[name], bool):
            raise ValueError(f"“{name}” is {fields[name]!r:.80}")
    if not all(isinstance(count, int) for count in fields["counts"].values()):
        raise ValueError("“counts” are not numbers of rows")
    if not FILE.fullmatch(fields["file"]) or Path(fields["file"]).stem != fields["name"]:
        raise ValueError(f"“file” is {fields['file']!r:.80}")
    if not re.fullmatch(r"[0-9a-f]{64}", fields["sha256"]) or fields["size"] < 0:
        raise ValueError("“sha256” or “size” are not those of a file")


def _columns(fields: JsonDict) -> dict[str, Any]:
    """Ignores fields that a later release added: they are no reason to lose a backup."""
    known = set(Backup.__table__.columns.keys()) - NOT_IN_IT
    values = {name: value for name, value in fields.items() if name in known}
    for column in ("taken_at", "proven_at"):
        values[column] = _moment(values.get(column), column)
    if values["taken_at"] is None:
        raise ValueError("“taken_at” is missing")
    return values


def _moment(value: object, name: str) -> datetime | None:
    """Raises ValueError for what is not a timestamp with a zone, or is in the future."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise ValueError(f"“{name}” is {value!r:.80}")
    at = datetime.fromisoformat(value)
    if at.tzinfo is None or at > now() + AHEAD:
        raise ValueError(f"“{name}” is {value!r:.80}")
    return at
