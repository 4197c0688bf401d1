"""Sign-up: an account exists only when its address is confirmed.

An address that has an account gets the same answer after the same work as a new one: the same
queries, one hash, two rows. What differs is the mail.
"""

from datetime import datetime
from uuid import uuid4

from sqlalchemy import Select, select
from sqlalchemy.exc import IntegrityError

from portal.accounts.checks import email_address, one_line
from portal.accounts.login.passwords import check_new_password, fits, hash_password
from portal.core.clock import now
from portal.core.configuration.settings import settings
from portal.core.errors import Conflict, Invalid, NotFound
from portal.core.storage.database import changing_directory, db
from portal.directory.models import Role, User
from portal.directory.users.access.finding import account_of, user_with
from portal.directory.users.access.origin import Origin
from portal.directory.users.access.throttles import charge, charge_letter, for_login, refund
from portal.directory.users.access.usernames import free_username
from portal.directory.users.letters import LINKS_LAST, LetterKind, queue_letter
from portal.directory.users.links import id_in
from portal.directory.users.models import SignUp, SiteSession
from portal.directory.users.prepared import require_writable
from portal.directory.users.sessions import open_session

TRIES = 3


class HasAccount(Conflict):
    """The address of a sign-up has an account: this one, or another sign-up was faster."""

    heading = "There is an account"


def sign_up(*, name: str, email: str, password: str, origin: Origin) -> str:
    """Returns the id of the sign-up. Raises Invalid, TooMany or Unavailable."""
    require_writable()
    name, email = one_line(name, "Your name", field="name"), email_address(email)
    check_new_password(password, own=[name, email, settings().site_name])
    charge_letter(email, origin.address)
    signup_id = str(uuid4())
    row = SignUp(
        id=signup_id,
        email=email,
        display_name=name,
        password_hash=hash_password(password),
        expires_at=now() + LINKS_LAST,
    )
    with changing_directory():
        is_known = user_with(email) is not None
        row.used_at = now() if is_known else None
        db.session.add(row)
        _queue(signup_id, email, is_known=is_known)
    return signup_id


def send_again(signup_id: str, email: str, origin: Origin) -> None:
    """Another mail for that sign-up, throttled by the address that was typed; for an id of none,
    nothing. Raises TooMany or Unavailable."""
    require_writable()
    charge_letter(email, origin.address)
    with changing_directory():
        row = db.session.get(SignUp, signup_id)
        if row is None or row.expires_at <= now():
            return
        is_known = user_with(row.email) is not None
        _queue(row.id, row.email, is_known=is_known, expires_at=row.expires_at)


def open_sign_up(code: str, *, is_locked: bool = False) -> SignUp:
    """The sign-up that this link confirms; locked within `changing_directory`.

    Raises NotFound for no link of this site, HasAccount for an address that has an account,
    Conflict for a link that has expired.
    """
    signup_id = id_in("signup", code)
    row = signup_id and db.session.scalar(_query(signup_id, is_locked))
    if not row:
        raise NotFound(
            "This link is not complete, or not one of this site.",
            remedy="Open it from the mail once more, or sign up again.",
        )
    if row.used_at or user_with(row.email):
        raise HasAccount(
            f"There is an account for {row.email} already, so nothing was changed.",
            remedy="Log in, or ask for a new password if you have forgotten it.",
        )
    if row.expires_at <= now():
        raise Conflict(
            "This link has expired: it works for 24 hours.",
            remedy="Sign up again to get a new one.",
        )
    return row


def require_password_of(code: str, typed: str, origin: Origin) -> None:
    """For a browser in which this sign-up was not made: whoever reads the mail may not be who chose
    the password, and would share the account with them. Raises as `open_sign_up`; Invalid, at the
    field `current`, for a wrong one; TooMany, Unavailable."""
    require_writable()
    row = open_sign_up(code)
    keys, password_hash = for_login(row.email, origin), row.password_hash
    charge(keys)
    if not fits(typed, password_hash):
        raise Invalid("The password is wrong.", field="current")
    refund(keys)


def confirm_sign_up(code: str, origin: Origin) -> tuple[SiteSession, str]:
    """Open the account; returns its first session and the token of that.

    Raises as `open_sign_up`. Of several confirmations at once, of one link or of two sign-ups for
    one address, one succeeds: the address is unique, and the row of the sign-up is locked.
    """
    for attempt in range(TRIES):
        try:
            with changing_directory():
                return _open_account(
                    open_sign_up(code, is_locked=True), origin, is_retry=attempt > 0
                )
        except IntegrityError:  # the address was taken, which the next try finds, or the username
            continue
    raise Conflict("The account could not be opened just now.", remedy="Try once more.")


def _open_account(row: SignUp, origin: Origin, *, is_retry: bool) -> tuple[SiteSession, str]:
    at = now()
    user = User(
        email=row.email,
        username=free_username(row.display_name, is_retry=is_retry),
        display_name=row.display_name,
        password_hash=row.password_hash,
        role=Role.OWNER,
        email_verified=True,
    )
    db.session.add(user)
    db.session.flush()
    account_of(user).password_set_at = at
    row.used_at = at
    return open_session(user, address=origin.address, user_agent=origin.user_agent)


def _query(signup_id: str, is_locked: bool) -> Select[SignUp]:
    query = select(SignUp).where(SignUp.id == signup_id)
    query = query.with_for_update() if is_locked else query
    return query.execution_options(populate_existing=True)


def _queue(
    signup_id: str, email: str, *, is_known: bool, expires_at: datetime | None = None
) -> None:
    kind = LetterKind.ADDRESS_KNOWN if is_known else LetterKind.CONFIRM_SIGNUP
    lasts = expires_at - now() if expires_at else LINKS_LAST
    queue_letter(kind, email, about=signup_id, lasts=lasts)
