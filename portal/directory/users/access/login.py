"""Login to the site: a right password opens a session; everything else gets one answer.

A hash that this release can't read, as older ones wrote, is a wrong password: the way in is a new
password by mail, which also confirms the address.
"""

from dataclasses import dataclass
from datetime import timedelta

from argon2.exceptions import InvalidHashError
from sqlalchemy import select

from portal.accounts.login.passwords import fits, hash_password, is_outdated
from portal.core.clock import now
from portal.core.errors import Conflict, Forbidden, Invalid
from portal.core.storage.database import changing_directory, db
from portal.directory.models import User
from portal.directory.users.access.finding import locked_user, user_with
from portal.directory.users.access.origin import Origin
from portal.directory.users.access.throttles import charge, for_login, refund
from portal.directory.users.models import SiteAccount, SiteSession
from portal.directory.users.prepared import require_writable
from portal.directory.users.sessions import open_session

WRONG = "The email address or the password is wrong."
WRONG_OWN = "The password is wrong."
MISSING_OWN = "Fill in your password: your last login is more than 30 minutes old."
FRESH, SKEW = timedelta(minutes=30), timedelta(minutes=1)


@dataclass(frozen=True)
class Verified:
    """A right password: it counts while the row still has the hash that it was verified for."""

    user_id: int
    password_hash: str
    renewed: str | None


def log_in(email: str, password: str, origin: Origin) -> tuple[SiteSession, str]:
    """A new session and its token. Raises Invalid for a wrong address or password, TooMany; with
    the right password Forbidden for a blocked account, Conflict for an address that was never
    confirmed; Unavailable while nothing can be saved."""
    require_writable()
    found = _verified(email, password, origin)
    with changing_directory():
        user = locked_user(found.user_id)
        if user.password_hash != found.password_hash:
            raise Invalid(WRONG)
        _require_open(user)
        if found.renewed:
            user.password_hash = found.renewed
        return open_session(user, address=origin.address, user_agent=origin.user_agent)


def require_own_password(user: User, typed: str | None, origin: Origin) -> str:
    """Verify the password of somebody logged in; returns the hash it was verified for. Throttled
    like a login. Raises Invalid, at the field `current`, or TooMany."""
    email, own = user.email, user.id
    if not typed:
        raise Invalid(MISSING_OWN, field="current")
    try:
        found = _verified(email, typed, origin)
    except Invalid:
        raise Invalid(WRONG_OWN, field="current") from None
    if found.user_id != own:
        raise Invalid(WRONG_OWN, field="current")
    return found.password_hash


def is_fresh(row: SiteSession) -> bool:
    """Whether the login of this session is at most 30 minutes old. A time in the future, written by
    a wrong clock, does not count."""
    return -SKEW <= now() - row.authenticated_at <= FRESH


def readable_hash(password_hash: str | None) -> str | None:
    """None for a hash that this release can't read: verifying it would end too early."""
    try:
        is_outdated(password_hash or "")
    except InvalidHashError:
        return None
    return password_hash


def _verified(email: str, password: str, origin: Origin) -> Verified:
    """Raises Invalid or TooMany; the cost of the attempt is committed before the password is
    verified, and no transaction is open meanwhile."""
    keys = for_login(email, origin)
    charge(keys)
    user = user_with(email)
    found = (user.id, readable_hash(user.password_hash)) if user else (0, None)
    db.session.rollback()
    user_id, password_hash = found
    if not fits(password, password_hash) or password_hash is None:
        raise Invalid(WRONG)
    refund(keys)
    renewed = hash_password(password) if is_outdated(password_hash) else None
    return Verified(user_id, password_hash, renewed)


def _require_open(user: User) -> None:
    row = db.session.scalar(select(SiteAccount).where(SiteAccount.user_id == user.id))
    if row and row.blocked_at:
        why = f" The reason: {row.blocked_because}" if row.blocked_because else ""
        raise Forbidden(
            f"This account is blocked, so it can’t be used.{why}",
            remedy="Ask the people who run this site if that is a mistake.",
        )
    if not user.email_verified:
        raise Conflict(
            "The address of this account was never confirmed.",
            remedy="Ask for a link under “Forgotten your password?” below: it confirms it.",
        )
