"""A forgotten password: a link by mail, for an address that has an account.

The link works for two hours, not 24 like others: it opens the account to everybody who reads it,
and a person who asks for it waits for it. It also confirms the address.
"""

from datetime import timedelta
from uuid import uuid4

from sqlalchemy import delete

from portal.accounts.checks import email_address
from portal.accounts.login.passwords import hash_password
from portal.core.clock import now
from portal.core.errors import Conflict, Forbidden, NotFound
from portal.core.storage.database import changing_directory, db
from portal.directory.models import User
from portal.directory.users.access.finding import account_of, locked_user, user_with
from portal.directory.users.access.origin import Origin
from portal.directory.users.access.passwords import check_password_of, set_password
from portal.directory.users.access.throttles import charge_letter
from portal.directory.users.letters import LetterKind, queue_letter
from portal.directory.users.links import id_in
from portal.directory.users.models import Purpose, SiteLetter, SiteLink, SiteSession
from portal.directory.users.prepared import require_writable
from portal.directory.users.sessions import open_session

LASTS = timedelta(hours=2)


def ask_reset(email: str, origin: Origin) -> None:
    """The same answer and the same work for known and unknown addresses. Raises Invalid for what is
    no address, TooMany, Unavailable."""
    require_writable()
    email = email_address(email)
    charge_letter(email, origin.address, what="site-reset")
    with changing_directory():
        user = user_with(email)
        if user is None:
            _work_alike(email)
        else:
            _send_link(user)


def open_reset(code: str) -> SiteLink:
    """The link that sets a new password. Raises NotFound for no link of this site, Conflict for one
    that was used, has expired, or is for an address that the account no longer has."""
    link_id = id_in("reset", code)
    link = db.session.get(SiteLink, link_id, populate_existing=True) if link_id else None
    if link is None or link.purpose is not Purpose.RESET:
        raise NotFound(
            "This link is not complete, or not one of this site.",
            remedy="Open it from the mail once more, or ask for a new one.",
        )
    user = db.session.get_one(User, link.user_id)
    if link.used_at or user.email != link.email:
        raise Conflict("This link was used already, or replaced.", remedy="Ask for a new one.")
    if link.expires_at <= now():
        raise Conflict("This link has expired: it works for 2 hours.", remedy="Ask for a new one.")
    return link


def reset_password(code: str, password: str, origin: Origin) -> tuple[SiteSession, str]:
    """Set the password and confirm the address; returns a new session and its token.

    Raises as `open_reset`; Invalid for a password that is easy to guess; Forbidden for a blocked
    account, whose password is not changed.
    """
    require_writable()
    check_password_of(db.session.get_one(User, open_reset(code).user_id), password)
    db.session.rollback()
    hashed = hash_password(password)
    with changing_directory():
        user = locked_user(open_reset(code).user_id)
        open_reset(code)  # again, under the lock
        if account_of(user).blocked_at:
            raise Forbidden("This account is blocked. Its password was not changed.")
        user.email_verified = True
        set_password(user, hashed, now())
        return open_session(user, address=origin.address, user_agent=origin.user_agent)


def _send_link(user: User) -> None:
    link = SiteLink(
        id=str(uuid4()),
        user_id=user.id,
        purpose=Purpose.RESET,
        email=user.email,
        expires_at=now() + LASTS,
    )
    db.session.add(link)
    kind = LetterKind.RESET_PASSWORD
    queue_letter(kind, user.email, user_id=user.id, about=link.id, lasts=LASTS)


def _work_alike(email: str) -> None:
    """One row is written and deleted again, so that the time tells nothing."""
    row = queue_letter(LetterKind.RESET_PASSWORD, email, about=str(uuid4()), lasts=LASTS)
    db.session.flush()
    db.session.execute(
        delete(SiteLetter)
        .where(SiteLetter.id == row.id)
        .execution_options(synchronize_session=False)
    )
    db.session.expunge(row)
