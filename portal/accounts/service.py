"""Create, change and disable accounts. Every change is recorded; the caller commits."""

from sqlalchemy import func, select

from portal.accounts.checks import email_address, one_line, time_zone
from portal.accounts.login.login import WRONG_CURRENT, Caller, check_password
from portal.accounts.login.passwords import (
    NewPassword,
    check_new_password,
    fits,
    generate_password,
    hash_password,
)
from portal.accounts.login.sessions import end_sessions
from portal.accounts.models import NO_ZONE, UTC_ITSELF, Account, LoginSession, Role
from portal.audit.actor import Actor
from portal.audit.service import record
from portal.core.clock import now
from portal.core.configuration.settings import settings
from portal.core.errors import Conflict, Invalid, Refusal
from portal.core.storage.database import db

BY_SETUP = "by_setup"
"""In the audit log's details: a demo's setup created the account; set by nothing else."""


def prepared_password() -> NewPassword:
    """A generated password for a request that writes afterwards, hashed while ops is not locked.

    Call it first: it rolls back the request's session.
    """
    db.session.rollback()
    return hashed(generate_password())


def hashed(password: str) -> NewPassword:
    return NewPassword(password, hash_password(password))


def create_account(
    *,
    email: str,
    name: str,
    role: Role,
    password: str | NewPassword,
    by: Actor,
    by_setup: bool = False,
) -> Account:
    """The password is handed over, so it must be changed at the first login, unless `by_setup`.

    Raises Invalid for an invalid address or password, Conflict for an existing address.
    """
    email, name = email_address(email), one_line(name, "The name", field="name")
    words = password.words if isinstance(password, NewPassword) else password
    check_new_password(words, own=_known_of(email, name))
    if db.session.scalar(select(Account.id).where(Account.email == email)):
        raise Conflict(f"There is an account for {email} already.", field="email")
    given = password if isinstance(password, NewPassword) else hashed(password)
    account = Account(email=email, name=name, role=role, password_hash=given.hashed)
    account.password_handed_over_at = None if by_setup else now()
    db.session.add(account)
    db.session.flush()
    details: dict[str, str | int | None] = {"role": role}
    record(
        "account.created",
        account,
        by=by,
        target=_target(account),
        details=details | ({BY_SETUP: 1} if by_setup else {}),
    )
    return account


def change_role(account: Account, role: Role, *, by: Actor) -> None:
    """Raises Conflict for the last administrator, and for a client’s contact."""
    if role is account.role:
        return
    _keep_contacts_clients(account)
    if role is not Role.ADMIN:
        _keep_an_admin(account, "account.role-changed")
    details = {"before": account.role, "after": role}
    account.role = role
    record("account.role-changed", account, by=by, target=_target(account), details=details)


def disable_account(account: Account, *, by: Actor) -> None:
    """Prevents logins and ends all its sessions. Raises Conflict for the last administrator."""
    if account.is_disabled:
        return
    _keep_an_admin(account, "account.disabled")
    account.disabled_at = now()
    ended = end_sessions(account, by=by)
    record("account.disabled", account, by=by, target=_target(account), details={"sessions": ended})


def enable_account(account: Account, *, by: Actor) -> None:
    """Raises Conflict if its contact is archived, as it could not log in anyway."""
    if not account.is_disabled:
        return
    if account.contact and account.contact.is_archived:
        raise Conflict(
            f"{account.name} is archived as a contact of {account.contact.organisation.name}.",
            remedy="Restore the contact first.",
        )
    account.disabled_at = None
    record("account.enabled", account, by=by, target=_target(account))


def choose_time_zone(account: Account, zone: str | None, *, by: Actor) -> None:
    """Set the account's zone, for its pages and a contact's messages; None follows the browser.

    Raises Invalid for an unknown zone.
    """
    before, account.time_zone = account.time_zone, stored_zone(zone)
    if account.time_zone == before:
        return
    if account.contact and account.chosen_zone:
        account.contact.time_zone = account.chosen_zone
    details = {"before": before, "after": account.time_zone}
    record("account.zone-chosen", account, by=by, target=_target(account), details=details)


def stored_zone(zone: str | None) -> str:
    """The value of `Account.time_zone` for a choice; None means no choice. Raises Invalid."""
    if not zone:
        return NO_ZONE
    name = time_zone(zone)
    return UTC_ITSELF if name == NO_ZONE else name


def change_password(
    account: Account,
    current: str,
    new: str,
    *,
    session: LoginSession | None,
    end_others: bool,
    caller: Caller,
) -> None:
    """Change the account's own password.

    Raises TooMany, or Invalid for a wrong current password or an unacceptable new one. The cost of
    the attempt is committed first. If the old password was handed over, all other sessions end,
    since the person who handed it over may have opened one. Ops is not locked while passwords are
    hashed: the account is read before, and not again until the new hash is there.
    """
    own, before = _known_of(account.email, account.name), account.password_hash
    was_handed_over, refusal = (
        account.must_change_password,
        Refusal("password.changed", _target(account)),
    )
    check_password(account, current, caller, refusal=refusal)
    check_new_password(new, own=own)
    if was_handed_over and fits(new, before):
        raise Invalid("That is the password that was handed over. Choose another one.", field="new")
    end_others = end_others or was_handed_over
    hashed_new = hash_password(new)
    db.session.refresh(account)  # from here on ops is locked
    if account.password_hash != before:  # somebody else gave it another one meanwhile
        raise Invalid(WRONG_CURRENT, refusal=refusal, field="current")
    _set_password(account, hashed_new)
    ended = end_sessions(account, but=session, by=account) if end_others else 0
    record(
        "password.changed", account, by=account, target=_target(account), details={"ended": ended}
    )


def reset_password(account: Account, *, by: Actor, password: NewPassword | None = None) -> str:
    """Generate a password, to be handed over once. All sessions of the account end."""
    given = password or hashed(generate_password())
    _set_password(account, given.hashed)
    account.password_handed_over_at = None if by.id == account.id else now()
    ended = end_sessions(account, by=by)
    record("password.reset", account, by=by, target=_target(account), details={"ended": ended})
    return given.words


def _known_of(email: str, name: str) -> list[str]:
    """Publicly known words about the account, which are guessed first."""
    return [email, name, settings().site_name]


def _set_password(account: Account, password_hash: str) -> None:
    account.password_hash = password_hash
    account.password_changed_at = now()
    account.password_handed_over_at = None


def _keep_an_admin(account: Account, action: str) -> None:
    others = select(func.count()).where(
        Account.role == Role.ADMIN, Account.disabled_at.is_(None), Account.id != account.id
    )
    if account.is_admin and not account.is_disabled and not db.session.scalar(others):
        raise Conflict(
            f"{account.name} is the last administrator who can log in.",
            remedy="Make somebody else an administrator first.",
            refusal=Refusal(action, target=_target(account)),
        )


def _keep_contacts_clients(account: Account) -> None:
    if account.contact:
        raise Conflict(
            f"{account.name} is a contact of {account.contact.organisation.name}, and so a client.",
            remedy="Disconnect the login from the contact first.",
            refusal=Refusal("account.role-changed", target=_target(account)),
        )


def _target(account: Account) -> str:
    return f"accounts/{account.id}"
