"""Login: known and unknown addresses get the same response in about the same time."""

from dataclasses import dataclass

from sqlalchemy import select

from portal.accounts.login.passwords import fits, hash_password, is_outdated
from portal.accounts.login.sessions import open_session, renew
from portal.accounts.login.throttle import (
    Allowance,
    allowances,
    consume_allowance,
    refund_allowance,
)
from portal.accounts.models import Account, LoginSession
from portal.audit.actor import VISITOR
from portal.audit.counting import count_refusal
from portal.audit.models import Outcome
from portal.audit.service import record, record_now
from portal.core.errors import Invalid, Refusal
from portal.core.storage.database import db, reading

WRONG = "The email address or the password is wrong."
WRONG_CURRENT = "The current password is wrong."


@dataclass(frozen=True)
class Caller:
    """The origin of an attempt; `device` is the id of a device known to the account."""

    address: str | None = None
    user_agent: str | None = None
    device: str | None = None


def check_credentials(email: str, password: str, caller: Caller) -> Account:
    """Like `account_with`, and the refund is committed: what follows may be refused."""
    account = account_with(email, password, caller)
    verified = account.password_hash
    db.session.commit()
    db.session.refresh(account)  # from here on ops is locked
    _require_same(account, verified)
    return account


def account_with(email: str, password: str, caller: Caller) -> Account:
    """The account with this password. The caller commits.

    Raises Invalid, or TooMany. The cost of the attempt is committed here, before the password is
    verified, and the writer's lock is not held while it is. The refund is the caller's to commit.
    """
    email = email.strip().casefold()
    paid = _paid_for(email, password, caller)
    if paid.account_id is None or paid.password_hash is None:
        _note_failure(paid.account_id)
        raise Invalid(WRONG)
    renewed = hash_password(password) if is_outdated(paid.password_hash) else None
    account = db.session.get_one(  # from here on ops is locked
        Account, paid.account_id, populate_existing=True
    )
    _require_same(account, paid.password_hash)
    refund_allowance(paid.keys)
    if renewed:
        account.password_hash = renewed
    return account


def _require_same(account: Account, verified: str) -> None:
    """Raises Invalid if the password was changed, or the account disabled, while it was verified;
    with nothing pending."""
    if account.is_shut_out or account.password_hash != verified:
        account_id = account.id
        db.session.rollback()
        _note_failure(account_id)
        raise Invalid(WRONG)


def check_password(account: Account, password: str, caller: Caller, *, refusal: Refusal) -> None:
    """Verify the password of a logged-in account; throttled like a login.

    Raises Invalid, to be recorded as `refusal`, or TooMany. Commits cost and refund.
    """
    paid = _paid_for(account.email, password, caller)
    if paid.account_id is None or paid.password_hash is None:
        raise Invalid(WRONG_CURRENT, refusal=refusal, field="current")
    refund_allowance(paid.keys)
    db.session.commit()


@dataclass(frozen=True)
class _Attempt:
    """The account's id, its hash if the password matches, and the allowances that were charged."""

    account_id: int | None
    password_hash: str | None
    keys: list[Allowance]


def _paid_for(email: str, password: str, caller: Caller) -> _Attempt:
    """The only place that verifies passwords.

    Each attempt is charged to the throttle; the caller refunds it if the password is right. Raises
    TooMany.
    """
    keys = allowances(email, caller.address, caller.device)
    consume_allowance(keys)
    db.session.commit()
    account_id, password_hash = _known(email)
    return _Attempt(account_id, password_hash if fits(password, password_hash) else None, keys)


def log_in(account: Account, caller: Caller) -> tuple[LoginSession, str]:
    """Create a session and its token. The caller commits."""
    row, token = open_session(account, address=caller.address, user_agent=caller.user_agent)
    db.session.flush()
    record("login.succeeded", row, by=account, target=f"accounts/{account.id}")
    return row, token


def log_in_again(row: LoginSession) -> str:
    """Renew the session as a fresh login, with a new token. The caller commits."""
    token = renew(row)
    record("login.renewed", row, by=row.account, target=f"accounts/{row.account_id}")
    return token


def _known(email: str) -> tuple[int | None, str | None]:
    """Id and hash of an account; without the hash if it may not log in."""
    with reading():
        found = db.session.scalar(select(Account).where(Account.email == email))
        known = (None, None) if found is None else (found.id, _usable_hash(found))
        db.session.rollback()
    return known


def _usable_hash(account: Account) -> str | None:
    return None if account.is_shut_out else account.password_hash


def _note_failure(account_id: int | None) -> None:
    """An audit entry for an existing account; failures for unknown addresses are only counted."""
    if account_id is None:
        count_refusal("login.failed", at_once=True)
    else:
        record_now(
            "login.failed", by=VISITOR, outcome=Outcome.REFUSED, target=f"accounts/{account_id}"
        )
