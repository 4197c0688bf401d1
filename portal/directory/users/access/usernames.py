"""The username of a new account, made from its name."""

import re
import secrets
import unicodedata

from sqlalchemy import select

from portal.core.storage.database import db
from portal.directory.models import User

LONGEST = 40


def free_username(name: str, *, is_retry: bool = False) -> str:
    """“olive-marsh”, or with a number where that is taken; letters of other scripts give
    “member-…”. `is_retry`: the last one was taken meanwhile, so the end is random."""
    base = _plain(name)
    if is_retry or not base:
        return f"{base or 'member'}-{secrets.token_hex(4)}"
    query = select(User.username).where(User.username.startswith(base, autoescape=True))
    taken = set(db.session.scalars(query))
    if base not in taken:
        return base
    number = next(each for each in range(2, len(taken) + 3) if f"{base}-{each}" not in taken)
    return f"{base}-{number}"


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:LONGEST].strip("-")
