"""Accounts: made, changed, disabled. Every change is recorded; the caller commits."""

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import func, select

from portal.accounts.models import Account, LoginSession, Role
from portal.accounts.passwords import check_new_password, fits, generate_password, hash_password
from portal.accounts.sessions import end_sessions
from portal.audit.actor import Actor
from portal.audit.service import record
from portal.core.clock import now
from portal.core.database import db
from portal.core.errors import Conflict, Invalid, Refusal


def create_account(*, email: str, name: str, role: Role, password: str, by: Actor) -> Account:
    """Raises Invalid for an address or password that can't be, Conflict for one that is taken."""
    email = _address(email)
    if not name.strip():
        raise Invalid("An account needs a name.")
    check_new_password(password, email=email)
    if db.session.scalar(select(Account.id).where(Account.email == email)):
        raise Conflict(f"There is an account for {email} already.")
    account = Account(
        email=email, name=name.strip(), role=role, password_hash=hash_password(password)
    )
    db.session.add(account)
    db.session.flush()
    record("account.created", account, by=by, target=_target(account), details={"role": role})
    return account


def change_role(account: Account, role: Role, *, by: Actor) -> None:
    """Raises Conflict where the last administrator would be lost."""
    if role is account.role:
        return
    if role is not Role.ADMIN:
        _keep_an_admin(account, "account.role-changed")
    details = {"before": account.role, "after": role}
    account.role = role
    record("account.role-changed", account, by=by, target=_target(account), details=details)


def disable_account(account: Account, *, by: Actor) -> None:
    """Nobody logs in with it any more, and all its sessions end. Raises Conflict for the last."""
    if account.is_disabled:
        return
    _keep_an_admin(account, "account.disabled")
    account.disabled_at = now()
    ended = end_sessions(account, by=by)
    record("account.disabled", account, by=by, target=_target(account), details={"sessions": ended})


def enable_account(account: Account, *, by: Actor) -> None:
    if not account.is_disabled:
        return
    account.disabled_at = None
    record("account.enabled", account, by=by, target=_target(account))


def change_password(
    account: Account, current: str, new: str, *, session: LoginSession, end_others: bool
) -> None:
    """One's own. Raises Invalid for a wrong current password or a new one that won't do."""
    if not fits(current, account.password_hash):
        raise Invalid(
            "The current password is wrong.",
            refusal=Refusal("password.changed", target=_target(account)),
        )
    check_new_password(new, email=account.email)
    _set_password(account, new)
    ended = end_sessions(account, but=session, by=account) if end_others else 0
    record(
        "password.changed", account, by=account, target=_target(account), details={"ended": ended}
    )


def reset_password(account: Account, *, by: Actor) -> str:
    """A generated password, to be handed over once. All sessions of the account end."""
    password = generate_password()
    _set_password(account, password)
    ended = end_sessions(account, by=by)
    record("password.reset", account, by=by, target=_target(account), details={"ended": ended})
    return password


def _set_password(account: Account, password: str) -> None:
    account.password_hash = hash_password(password)
    account.password_changed_at = now()


def _keep_an_admin(account: Account, action: str) -> None:
    others = select(func.count()).where(
        Account.role == Role.ADMIN, Account.disabled_at.is_(None), Account.id != account.id
    )
    if account.is_admin and not account.is_disabled and not db.session.scalar(others):
        raise Conflict(
            f"{account.name} is the last administrator who can log in.",
            way_out="Make somebody else an administrator first.",
            refusal=Refusal(action, target=_target(account)),
        )


def _address(email: str) -> str:
    try:
        checked = validate_email(email.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise Invalid(f"“{email.strip()}” is not an email address.") from None
    return checked.normalized.casefold()


def _target(account: Account) -> str:
    return f"accounts/{account.id}"
