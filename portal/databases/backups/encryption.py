"""Encrypts streams with the backup key; tampering is detected. Memory stays constant."""

import hashlib
from typing import Protocol

import pyrage

from portal.core.errors import Refused, Unavailable
from portal.databases.backups.key import BackupKey


class Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


class Writable(Protocol):
    def write(self, data: bytes, /) -> int: ...
    def flush(self) -> None: ...


class HashingWriter:
    """Passes on what is written, or drops it, and computes its SHA-256 and its size."""

    def __init__(self, to: Writable | None = None) -> None:
        self._to = to
        self._digest = hashlib.sha256()
        self.size = 0

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def write(self, data: bytes, /) -> int:
        self._digest.update(data)
        self.size += len(data)
        if self._to is not None:
            self._to.write(data)
        return len(data)

    def flush(self) -> None:
        if self._to is not None:
            self._to.flush()


def seal(source: Readable, to: Writable, key: BackupKey) -> None:
    """Encrypt `source`. Raises Unavailable if one of the two can't be read or written."""
    try:
        pyrage.encrypt_io(source, to, [key.identity.to_public()])
    except (OSError, pyrage.EncryptError) as error:
        raise Unavailable(f"It could not be written: {error}.") from error


def unseal(source: Readable, to: Writable, key: BackupKey) -> None:
    """Decrypt `source`. What was written to `to` is valid only if this returns.

    Raises Refused for a stream that was altered, was truncated or needs another key.
    """
    try:
        pyrage.decrypt_io(source, to, [key.identity])
    except pyrage.DecryptError as error:
        raise Refused(
            f"It can't be opened with the key {key.name}: {error}.",
            remedy="Put the key that encrypted it into BACKUP_KEY_FILE.",
        ) from error
    except OSError as error:
        if error.errno:
            raise Unavailable(f"It could not be read or written: {error}.") from error
        raise Refused("It was altered or cut short since it was encrypted.") from error
