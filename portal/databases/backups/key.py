"""The backup key: it encrypts copies that leave this machine, and signs every manifest.

An age identity in the format of `age-keygen`, so that `age` alone can decrypt a copy. Files
encrypted by age can't be truncated, reordered or altered unnoticed. Source: age-encryption.org/v1.
"""

import hmac
import os
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from pyrage import IdentityError, RecipientError, x25519

from portal.core.clock import now
from portal.core.configuration.settings import settings
from portal.core.errors import Unavailable
from portal.core.files.private import make_folder, write_once
from portal.core.files.users import user_name

PREFIX = "AGE-SECRET-KEY-"


@dataclass(frozen=True)
class BackupKey:
    """`name` is the public half: it identifies the key, and decrypts nothing."""

    name: str
    secret: str = field(repr=False)

    @property
    def identity(self) -> x25519.Identity:
        return x25519.Identity.from_str(self.secret)

    def sign(self, text: bytes) -> str:
        """age proves that nothing was altered; this proves who wrote it."""
        return hmac.new(self.secret.encode(), b"manifest\0" + text, "sha256").hexdigest()

    def has_signed(self, text: bytes, signature: str) -> bool:
        return hmac.compare_digest(self.sign(text), signature)


def backup_key() -> BackupKey:
    """The key in BACKUP_KEY_FILE, created for a control room's first backup.

    A lost key is never replaced: nothing could decrypt or verify what it encrypted and signed.
    Raises Unavailable.
    """
    file = settings().backup_key_file
    if not _is_there(file) and not has_backups():
        make_key()
    try:
        lines = _text_of(file).split()
        key = _read(next(each for each in lines if each.startswith(PREFIX)))
    except PermissionError:
        raise Unavailable(
            f"The backup key in {file} can’t be read by the system user {user_name(os.geteuid())}.",
            remedy="Run this as the worker’s system user. If it is that one, put the key back that"
            " was kept elsewhere, with mode 600.",
        ) from None
    except (OSError, UnicodeDecodeError, StopIteration, IdentityError):
        raise Unavailable(
            f"There is no backup key in {file}.",
            remedy="Put the key there that was kept elsewhere; fix BACKUP_KEY_FILE. Where it is"
            " lost, move away what is left of it and make a new one: flask portal setup",
        ) from None
    return key


@lru_cache(maxsize=4)
def _read(line: str) -> BackupKey:
    """Cached by the content of the file: deriving the name from the secret is slow."""
    identity = x25519.Identity.from_str(line)
    return BackupKey(name=str(identity.to_public()), secret=str(identity))


def is_key_name(name: str) -> bool:
    """Whether that is the complete public half of a key: it contains a checksum."""
    try:
        x25519.Recipient.from_str(name)
    except RecipientError:
        return False
    return True


def key_fault() -> str | None:
    """Why the key can't be used, and the remedy; None before the first backup. Creates none.

    None as well in a site, which must not read it where PORTAL_GROUP is set.
    """
    file = settings().backup_key_file
    if (not _is_there(file) and not has_backups()) or _is_withheld(file):
        return None
    try:
        backup_key()
    except Unavailable as error:
        return str(error)
    return None


def make_key() -> bool:
    """Create the key if there is none; False if it already exists. Raises Unavailable."""
    file, identity = settings().backup_key_file, x25519.Identity.generate()
    made = f"# made {now():%Y-%m-%dT%H:%M:%SZ}\n# public key: {identity.to_public()}\n{identity}\n"
    try:
        make_folder(file.parent)
        return write_once(file, made.encode(), alone=True)
    except OSError as error:
        raise Unavailable(f"No backup key can be written to {file}: {error.strerror}.") from None


def has_backups() -> bool:
    """Whether backups were made on this machine before, as far as its files say."""
    return any((settings().data / "backups").glob("*.json"))


def _is_there(file: Path) -> bool:
    """What can't be looked at counts as there: it is not made a second time."""
    try:
        file.stat()
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return True


def _is_withheld(file: Path) -> bool:
    if settings().group is None:
        return False
    try:
        return _is_there(file) and not os.access(file, os.R_OK, effective_ids=True)
    except OSError:
        return True


def _text_of(file: Path) -> str:
    """Raises Unavailable for a key that the sites' user could have put there, OSError."""
    with file.open() as handle:
        facts = os.fstat(handle.fileno())
        is_ours = facts.st_uid in {os.geteuid(), 0} and not facts.st_mode & 0o022
        if settings().group is not None and not is_ours:
            raise Unavailable(
                f"The backup key in {file} is not the worker’s alone: it belongs to the system user"
                f" {user_name(facts.st_uid)}, with mode {facts.st_mode & 0o777:o}.",
                remedy="Put back the key that was kept elsewhere, for the worker’s user, with mode"
                " 600, and find out who put this one there.",
            )
        return handle.read()
