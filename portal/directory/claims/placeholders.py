"""Placeholders: the rows in `users` that imported studios belong to until somebody claims them.

No one can log in as one, by this release or the one before: the stored password is no hash of any
kind, the address was never confirmed, and no form finds it (`users.access.finding`).
"""

from uuid import uuid4

from sqlalchemy import ColumnElement, func, select

from portal.core.storage.database import db
from portal.directory.models import Role, StudioProfile, User
from portal.directory.users.placeholder_addresses import (
    DOMAIN,
    is_placeholder_address,
    new_placeholder_address,
)

NO_HASH = "!imported"
"""No release reads this as the hash of a password."""
LONGEST_NAME = 120
NAMELESS = "Imported studio"


def new_placeholder(name: str) -> User:
    """Within `changing_directory`; flushed, so it has its id. `name` is shown beside the studio,
    so it is that of the studio, on one line."""
    user = User(
        email=new_placeholder_address(),
        username=f"imported-{uuid4().hex}",
        display_name=" ".join(name.split())[:LONGEST_NAME].strip() or NAMELESS,
        password_hash=NO_HASH,
        role=Role.OWNER,
        email_verified=False,
    )
    db.session.add(user)
    db.session.flush()
    return user


def is_placeholder(user: User) -> bool:
    """By its address, which no one can take: so also where the tables for imports are missing."""
    return is_placeholder_address(user.email)


def placeholders() -> ColumnElement[bool]:
    """For queries that have `users`."""
    return func.lower(User.email).like(f"%@{DOMAIN}")


def has_owner(studio_number: int) -> bool:
    """Whether a person owns the studio, so that no import may change it. False for one that
    belongs to its placeholder, and where there is none."""
    query = select(User.email).join(StudioProfile, StudioProfile.user_id == User.id)
    email = db.session.scalar(query.where(StudioProfile.id == studio_number))
    return email is not None and not is_placeholder_address(email)
