"""Passwords: argon2id, any characters, and no list that everybody tries first.

Source: OWASP ASVS 5.0, 6.2; the parameters are argon2-cffi's, which are RFC 9106's second choice.
They work with four lanes, each a thread of its own that runs beside Python's: one password keeps
four cores busy for some ten milliseconds, and takes 64 MB. So no more of them are worked on at once
than the machine has cores for; more would all be as late, and take memory from everything else.
"""

import os
import secrets
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from portal.accounts.login.common_passwords import is_common
from portal.core.errors import Invalid

SHORTEST = 8
LONGEST = 1000

_hasher = PasswordHasher()
_turns = BoundedSemaphore(max(1, (os.cpu_count() or 1) // _hasher.parallelism))


@dataclass(frozen=True)
class NewPassword:
    """One that was hashed before it was needed."""

    words: str
    hashed: str


def hash_password(password: str) -> str:
    with _turns:
        return _hasher.hash(_bytes(password))


def fits(password: str, password_hash: str | None) -> bool:
    """Whether the password is right. Takes about as long when there is no account at all."""
    stand_in = _nobody()  # made by the first attempt of a process, whoever it is for
    try:
        with _turns:
            is_right = _hasher.verify(password_hash or stand_in, _bytes(password))
        return is_right and bool(password_hash)
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
            remedy="Choose another, such as a sentence of several words.",
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
