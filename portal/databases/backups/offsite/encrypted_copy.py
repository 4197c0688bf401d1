"""An encrypted copy: a backup and its manifest, encrypted, for upload or download."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from portal.core.errors import Refused
from portal.core.files.object_store import Store
from portal.core.files.private import create_private
from portal.databases.backups.encryption import HashingWriter, Readable, seal, unseal
from portal.databases.backups.key import BackupKey
from portal.databases.backups.manifest import manifest_of, read_manifest, require_signed
from portal.databases.backups.models import Backup

MANIFEST = ".manifest.age"

Watch = Callable[[int, int], None]
"""Called with the bytes done and the bytes in total."""


@dataclass(frozen=True)
class EncryptedCopy:
    """The data of a backup that is needed while no lock on the ops database is held."""

    name: str
    sealed: str
    source: Path
    sha256: str
    size: int
    manifest: str = field(repr=False)


def copy_of(backup: Backup, source: Path, key: BackupKey) -> EncryptedCopy:
    return EncryptedCopy(
        name=backup.name,
        sealed=sealed_name(backup),
        source=source,
        sha256=backup.sha256,
        size=backup.size,
        manifest=manifest_of(backup, key),
    )


def sealed_name(backup: Backup) -> str:
    return f"{backup.file}.age"


def send(copy: EncryptedCopy, store: Store, key: BackupKey, watch: Watch) -> int:
    """Returns the size of the encrypted copy. Raises Refused, Unavailable, OSError."""
    with copy.source.open("rb") as source, store.writing(copy.sealed) as to:
        sealed = HashingWriter(to)
        seal(_Watched(source, copy.size, watch), sealed, key)
    return sealed.size


def send_manifest(copy: EncryptedCopy, store: Store, key: BackupKey) -> None:
    """The manifest makes the copy count, so it is sent last."""
    with store.writing(copy.name + MANIFEST) as to:
        seal(BytesIO(copy.manifest.encode()), to, key)


def read_back(copy: EncryptedCopy, store: Store, key: BackupKey) -> None:
    """Raises Refused unless the copy in the store decrypts to what was verified."""
    found = HashingWriter()
    with store.reading(copy.sealed) as source:
        unseal(source, found, key)
    if (found.sha256, found.size) != (copy.sha256, copy.size):
        raise Refused(
            f"What was sent of {copy.name} isn't what was verified: its file here was altered.",
            remedy="Take a new backup.",
        )


def manifest_in(store: Store, name: str, key: BackupKey) -> Backup:
    """The backup that the store's manifest describes. Raises NotFound, Refused.

    The row is in no session.
    """
    text = BytesIO()
    with store.reading(name + MANIFEST) as source:
        unseal(source, text, key)
    backup = read_manifest(text.getvalue(), name, key)
    require_signed(backup, name)
    return backup


def fetch_copy(backup: Backup, store: Store, to: Path, key: BackupKey) -> None:
    """Write the decrypted copy to a new file (mode 0600), which is kept only if it is intact."""
    descriptor = create_private(to, os.O_WRONLY)
    try:
        with os.fdopen(descriptor, "wb") as file, store.reading(sealed_name(backup)) as source:
            found = HashingWriter(file)
            unseal(source, found, key)
            os.fsync(file.fileno())
        if found.sha256 != backup.sha256:
            raise Refused(f"What the store holds of {backup.name} isn't what its manifest says.")
    except BaseException:
        to.unlink(missing_ok=True)
        raise


class _Watched:
    """A source that reports how far it was read."""

    def __init__(self, source: Readable, total: int, watch: Watch) -> None:
        self._source, self._total, self._watch, self._done = source, total, watch, 0

    def read(self, size: int = -1, /) -> bytes:
        data = self._source.read(size)
        self._done += len(data)
        self._watch(self._done, self._total)
        return data
