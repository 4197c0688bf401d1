"""Passwords: argon2id, any characters, and no list that everybody tries first.

Source: OWASP ASVS 5.0, 6.2; the parameters are argon2-cffi's, which are RFC 9106's second choice.
"""

import secrets
import unicodedata
from collections.abc import Iterable
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from portal.accounts.common import is_common
from portal.core.errors import Invalid

SHORTEST = 8
LONGEST = 1000

_hasher = PasswordHasher()


def hash_password(password: str) -> str:
    return _hasher.hash(_bytes(password))


def fits(password: str, password_hash: str | None) -> bool:
    """Whether the password is right. Takes about as long when there is no account at all."""
    try:
        return _hasher.verify(password_hash or _nobody(), _bytes(password)) and bool(password_hash)
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(password_hash: str) -> bool:
    """Whether a hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(password_hash)


def check_new_password(password: str, *, own: Iterable[str] = ()) -> None:
    """Raises Invalid with one sentence for a password that would be guessed.

    `own`: what others know of whoever it is for: address, name, the site's name.
    """
    if len(password) < SHORTEST:
        raise Invalid(f"A password has at least {SHORTEST} characters.")
    if len(password) > LONGEST:
        raise Invalid(f"A password has at most {LONGEST} characters.")
    if is_common(password, own=own):
        raise Invalid(
            "This password is one of the first that anybody would try, or nearly.",
            way_out="Choose another, such as a sentence of several words.",
        )


def generate_password() -> str:
    """About 100 bits, easy to copy and to read out."""
    return "-".join(secrets.token_hex(4) for _ in range(3)) + secrets.choice("ghjkmnpqrs")


@cache
def _nobody() -> str:
    """A hash that nothing fits, as costly as a real one."""
    return hash_password(secrets.token_urlsafe())


def _normal(password: str) -> str:
    """The same password from keyboards that compose characters differently."""
    return unicodedata.normalize("NFKC", password)


def _bytes(password: str) -> bytes:
    return _normal(password).encode("utf-8", "surrogatepass")
