"""Letters of the site: queued in the transaction of what they are about, sent by the worker."""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import uuid4

from portal.core.clock import now
from portal.core.storage.database import JsonDict, db
from portal.directory.users.models import SiteLetter

LINKS_LAST = timedelta(hours=24)


class LetterKind(StrEnum):
    """`about` and `details` of each are said where it is queued."""

    CONFIRM_SIGNUP = "confirm-signup"
    ADDRESS_KNOWN = "address-known"
    """To an address that has an account, when somebody signs up with it."""
    RESET_PASSWORD = "reset-password"  # noqa: S105 — a kind of letter
    PASSWORD_CHANGED = "password-changed"  # noqa: S105 — the same
    CONFIRM_OLD_ADDRESS = "confirm-old-address"
    CONFIRM_NEW_ADDRESS = "confirm-new-address"
    ADDRESS_CHANGED = "address-changed"
    DELETION_ASKED = "deletion-asked"
    DELETED = "deleted"
    MESSAGE = "message"
    """To an owner: a visitor wrote."""
    REPLY = "reply"
    """To a visitor: an owner answered."""


def queue_letter(
    kind: LetterKind,
    email: str,
    *,
    user_id: int | None = None,
    about: str | None = None,
    details: JsonDict | None = None,
    lasts: timedelta = LINKS_LAST,
    at: datetime | None = None,
) -> SiteLetter:
    """Within `changing_directory`. `about`: the id that the letter's link is made from."""
    row = SiteLetter(
        id=str(uuid4()),
        kind=kind,
        email=email,
        user_id=user_id,
        about=about,
        details=details or {},
        created_at=at or now(),
        expires_at=(at or now()) + lasts,
    )
    db.session.add(row)
    return row
