"""Letters of the site: queued in the transaction of what they are about, sent by the worker."""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import uuid4

from portal.core.clock import now
from portal.core.storage.database import JsonDict, db
from portal.directory.users.models import SiteLetter
from portal.directory.users.placeholder_addresses import is_placeholder_address

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
    REVIEW_SHOWN = "review-shown"
    """To an owner: a review of the studio is on its page."""
    REVIEW_ANSWERED = "review-answered"
    """To an author: the owner answered."""
    REVIEW_REFUSED = "review-refused"
    """To an author, with the reason."""
    CONFIRM_CLAIM = "confirm-claim"
    """To the known address of an imported studio, with a link. `about`: the claim."""
    STUDIO_CLAIMED = "studio-claimed"
    """To the same address: the claim was granted, and what to do if that is wrong."""
    CLAIM_GRANTED = "claim-granted"
    CLAIM_REFUSED = "claim-refused"
    CLAIM_UNDONE = "claim-undone"
    STUDIO_HIDDEN = "studio-hidden"
    """To an owner: staff have hidden the studio, with the reason."""
    STUDIO_DELETED = "studio-deleted"
    STUDIO_RETURNED = "studio-returned"
    PICTURE_REMOVED = "picture-removed"
    """To an owner: staff have removed a picture, with the reason."""
    ACCOUNT_DISABLED = "account-disabled"
    ACCOUNT_ENABLED = "account-enabled"


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
    """Within `changing_directory`. `about`: the id that the letter's link is made from.
    Nothing is queued to a placeholder."""
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
    if not is_placeholder_address(email):
        db.session.add(row)
    return row
