"""The backup key: it encrypts copies that leave this machine, and signs every manifest.

An age identity in the format of `age-keygen`, so that `age` alone can decrypt a copy. Files
encrypted by age can't be truncated, reordered or altered unnoticed. Source: age-encryption.org/v1.
"""

import hmac
import os
from dataclasses import dataclass, field
from functools import lru_cache

from pyrage import IdentityError, RecipientError, x25519

from portal.core.clock import now
from portal.core.configuration.settings import settings
from portal.core.errors import Unavailable

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
    """The key in BACKUP_KEY_FILE, created (mode 0600) for a control room's first backup.

    A lost key is never replaced: nothing could decrypt or verify what it encrypted and signed.
    Raises Unavailable.
    """
    file = settings().backup_key_file
    if not file.exists() and not any((settings().data / "backups").glob("*.json")):
        make_key()
    try:
        lines = file.read_text().split()
        key = _read(next(each for each in lines if each.startswith(PREFIX)))
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
    """Why the key can't be used, and the remedy; None before the first backup. Creates none."""
    file = settings().backup_key_file
    if not file.exists() and not any((settings().data / "backups").glob("*.json")):
        return None
    try:
        backup_key()
    except Unavailable as error:
        return str(error)
    return None


def make_key() -> bool:
    """Create the key if there is none; False if it already exists. Raises Unavailable."""
    file, identity = settings().backup_key_file, x25519.Identity.generate()
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    except OSError as error:
        raise Unavailable(f"No backup key can be written to {file}: {error.strerror}.") from None
    with os.fdopen(descriptor, "w") as handle:
        handle.write(f"# made {now():%Y-%m-%dT%H:%M:%SZ}\n# public key: {identity.to_public()}\n")
        handle.write(f"{identity}\n")
    return True
