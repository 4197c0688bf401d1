"""Encrypts addresses of notices, which carry passwords and tokens, with a key of SECRET_KEY.

The key is an age identity derived with a label, so that no other use of SECRET_KEY gives the same.
"""

import hmac
from hashlib import sha256

import pyrage

from portal.core.configuration.settings import settings
from portal.core.errors import Conflict
from portal.core.secrets import secret_key

LABEL = b"portal.monitoring.notice-address.1"
CANT_BE_OPENED = (
    "This address can’t be opened: SECRET_KEY was changed after it was entered. Enter it again."
)
_PREFIX = "age-secret-key-"
_LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


def seal(text: str) -> bytes:
    sealed: bytes = pyrage.encrypt(text.encode(), [_identity().to_public()])
    return sealed


def unseal(sealed: bytes) -> str:
    """Raises Conflict if it was sealed under another SECRET_KEY, or is damaged."""
    try:
        text: str = pyrage.decrypt(sealed, [_identity()]).decode()
    except (pyrage.DecryptError, UnicodeDecodeError):
        raise Conflict(CANT_BE_OPENED) from None
    return text


def _identity() -> pyrage.x25519.Identity:
    key = hmac.new(secret_key(settings()).encode(), LABEL, sha256).digest()
    return pyrage.x25519.Identity.from_str(bech32(_PREFIX, key).upper())


def bech32(prefix: str, data: bytes) -> str:
    """As BIP 173 defines it; age writes its keys so."""
    bits = "".join(f"{byte:08b}" for byte in data)
    bits += "0" * (-len(bits) % 5)
    values = [int(bits[start : start + 5], 2) for start in range(0, len(bits), 5)]
    expanded = [ord(each) >> 5 for each in prefix] + [0] + [ord(each) & 31 for each in prefix]
    rest = _polymod(expanded + values + [0] * 6) ^ 1
    checksum = [(rest >> 5 * (5 - place)) & 31 for place in range(6)]
    return f"{prefix}1{''.join(_LETTERS[each] for each in values + checksum)}"


def _polymod(values: list[int]) -> int:
    total = 1
    for value in values:
        top = total >> 25
        total = (total & 0x1FFFFFF) << 5 ^ value
        for place, factor in enumerate(_GENERATOR):
            total ^= factor if (top >> place) & 1 else 0
    return total
