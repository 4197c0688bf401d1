"""Who owns the store in BACKUP_URL: checked before anything is written or removed there.

The address proves nothing: it may point to another control room's store, or to a folder of
unrelated files. The first control room that writes to a store marks it.
"""

import hmac
import json
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO

from portal.core.errors import NotFound, PortalError, Refused
from portal.core.files.object_store import Store
from portal.databases.backups.encryption import unseal
from portal.databases.backups.key import BackupKey
from portal.databases.backups.manifest import read_manifest
from portal.databases.backups.offsite.encrypted_copy import MANIFEST
from portal.databases.targets.registry import control_room

MARKER = "talkback-store.json"
SEALED = ".age"
OF_A_DISK = {"lost+found"}
"""Files of a fresh disk; names that begin with a dot are ignored as well."""


@dataclass(frozen=True)
class Owner:
    """The control room that writes to a store, and the key that identifies it after a loss."""

    room: str
    key: BackupKey

    @property
    def marker(self) -> bytes:
        fields = {"control_room": self.room, "key": self.key.name, "proof": self._proof(self.room)}
        return json.dumps(fields, indent=2).encode() + b"\n"

    def made(self, room: str, proof: str) -> bool:
        """Whether this key signed that control room's marker."""
        return hmac.compare_digest(self._proof(room).encode(), proof.encode())

    def _proof(self, room: str) -> str:
        return self.key.sign(b"store\0" + room.encode())


def this_owner(key: BackupKey) -> Owner:
    return Owner(control_room().uuid, key)


def require_own_store(store: Store, owner: Owner) -> None:
    """Mark an empty store as this control room's. Raises Refused if it has another owner, or if
    that can't be determined; then nothing was written there.
    """
    names = store.names()
    if MARKER in names:
        _require_own_marker(store, owner)
        return
    foreign = [name for name in names if not _is_a_copy(name)]
    if foreign:
        raise _refused(store, f"holds other files: {', '.join(foreign[:3])}")
    copies = [name for name in names if name.endswith(MANIFEST)]
    if copies and not any(_opens(store, name, owner.key) for name in copies):
        raise _refused(store, "holds copies that this control room’s backup key does not open")
    with suppress(FileExistsError):  # another control room was quicker: its marker is judged below
        store.create(MARKER, owner.marker)
    _require_own_marker(store, owner)


def _require_own_marker(store: Store, owner: Owner) -> None:
    """Take over the marker of a control room that is lost. Raises Refused for another one's."""
    if _is_of_a_lost_room(store, owner):
        with store.writing(MARKER) as to:
            to.write(owner.marker)


def _is_of_a_lost_room(store: Store, owner: Owner) -> bool:
    """False for this control room's own. Raises Refused for another one's."""
    try:
        marker = json.loads(_text(store))
        room, proof = str(marker["control_room"]), str(marker["proof"])
    except (ValueError, KeyError, TypeError):
        raise _refused(store, f"has a {MARKER} that can’t be read") from None
    if room == owner.room:
        return False
    if owner.made(room, proof):
        return True  # signed with this key, before the ops database was lost
    raise _refused(store, "is the store of another control room")


def _text(store: Store) -> bytes:
    with store.reading(MARKER) as source:
        return source.read()


def _is_a_copy(name: str) -> bool:
    return name.endswith(SEALED) or name.startswith(".") or name in OF_A_DISK


def _opens(store: Store, name: str, key: BackupKey) -> bool:
    text = BytesIO()
    try:
        with store.reading(name) as source:
            unseal(source, text, key)
        return read_manifest(text.getvalue(), name, key).vouched is True
    except (PortalError, NotFound):
        return False


def _refused(store: Store, why: str) -> Refused:
    return Refused(
        f"BACKUP_URL leads to {store.address}, which {why}. Nothing was written there.",
        remedy="Give this control room a folder or a prefix of its own, and start it again.",
    )
