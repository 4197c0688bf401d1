"""Passwords: argon2id, any characters, but no common password.

Source: OWASP ASVS 5.0, 6.2; the parameters are argon2-cffi's, which are RFC 9106's second choice.
They use four lanes, each in a thread outside of Python's lock: one password keeps four cores busy
for some ten milliseconds, and takes 64 MB. So the number of concurrent computations is limited to
the number of cores; more would all be equally late, and take memory from everything else.
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
    """A password with its hash, computed in advance."""

    words: str
    hashed: str


def hash_password(password: str) -> str:
    with _turns:
        return _hasher.hash(_bytes(password))


def fits(password: str, password_hash: str | None) -> bool:
    """Whether the password is right. Takes about the same time if there is no account."""
    stand_in = _nobody()  # computed by the first attempt of a process, for any account
    try:
        with _turns:
            is_right = _hasher.verify(password_hash or stand_in, _bytes(password))
        return is_right and bool(password_hash)
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(password_hash: str) -> bool:
    """Whether a hash has weaker parameters than the current ones."""
    return _hasher.check_needs_rehash(password_hash)


def check_new_password(password: str, *, own: Iterable[str] = ()) -> None:
    """Raises Invalid with one sentence for a password that is easy to guess.

    `own`: publicly known words about the account: address, name, the site's name.
    """
    if len(password) < SHORTEST:
        raise Invalid(f"A password has at least {SHORTEST} characters.", field="new")
    if len(password) > LONGEST:
        raise Invalid(f"A password has at most {LONGEST} characters.", field="new")
    if is_common(password, own=own):
        raise Invalid(
            "This password is one of the first that anybody would try, or nearly.",
            remedy="Choose another, such as a sentence of several words.",
            field="new",
        )


def generate_password() -> str:
    """About 100 bits, easy to copy and to read aloud."""
    return "-".join(secrets.token_hex(4) for _ in range(3)) + secrets.choice("ghjkmnpqrs")


@cache
def _nobody() -> str:
    """A hash that no password matches, with the same cost as a real one."""
    return hash_password(secrets.token_urlsafe())


def _normal(password: str) -> str:
    """Normalised, so that keyboards which compose characters differently give the same password."""
    return unicodedata.normalize("NFKC", password)


def _bytes(password: str) -> bytes:
    return _normal(password).encode("utf-8", "surrogatepass")
