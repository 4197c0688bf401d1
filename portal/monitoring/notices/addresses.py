"""Where notices go: addresses as Apprise writes them; until one is entered, the staff by email.

An address is shown by its scheme and host alone: the rest may be a password or a token.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from portal.accounts.models import STAFF, Account
from portal.audit.actor import SYSTEM, Actor
from portal.audit.service import record
from portal.core.clock import now
from portal.core.errors import Conflict, Invalid, NotFound
from portal.core.storage.database import db
from portal.monitoring.notices.apprise_address import shown_address
from portal.monitoring.notices.sealing import seal, unseal
from portal.monitoring.outages.models import NoticeAddress

MOST = 20
_ACCOUNT = b"account:"
"""The rows of accounts hold no secret: only which account gets an email."""


@dataclass(frozen=True)
class Destination:
    """Either an address of Apprise, or the email address of an account."""

    name: str
    apprise: str | None = None
    email: str | None = None
    person: str = ""


def entered_addresses() -> list[NoticeAddress]:
    return [each for each in _rows() if each.removed_at is None]


def removed_addresses() -> list[NoticeAddress]:
    """Those that can be restored, the last removed first."""
    found = [each for each in _rows() if each.removed_at is not None]
    return sorted(found, key=lambda each: each.removed_at or each.created_at, reverse=True)[:5]


def address_by_id(address_id: int) -> NoticeAddress:
    """Raises NotFound."""
    address = db.session.get(NoticeAddress, address_id)
    if address is None or address.sealed.startswith(_ACCOUNT):
        raise NotFound("There is no such address.")
    return address


def add_address(text: str, *, by: Actor) -> NoticeAddress:
    """Raises Invalid for what Apprise can't use, or a second entry; Conflict for too many."""
    name = shown_address(text)
    entered = entered_addresses()
    if len(entered) >= MOST:
        raise Conflict(f"There are {MOST} addresses already. Remove one first.")
    if any(opened(each) == text for each in entered):
        raise Invalid("Notices go to this address already.", field="address")
    address = NoticeAddress(name=name, sealed=seal(text), created_by=by.name)
    db.session.add(address)
    db.session.flush()
    record("notices.address-added", address, by=by, details={"name": name})
    return address


def remove_address(address: NoticeAddress, *, by: Actor) -> None:
    if address.removed_at is not None:
        raise Conflict("This address was removed already.")
    address.removed_at, address.removed_by = now(), by.name
    record("notices.address-removed", address, by=by, details={"name": address.name})


def restore_address(address: NoticeAddress, *, by: Actor) -> None:
    if address.removed_at is None:
        raise Conflict("Notices go to this address already.")
    if len(entered_addresses()) >= MOST:
        raise Conflict(f"There are {MOST} addresses already. Remove one first.")
    address.removed_at = address.removed_by = None
    record("notices.address-restored", address, by=by, details={"name": address.name})


def opened(address: NoticeAddress) -> str | None:
    """The whole address; None if it can't be opened with this SECRET_KEY."""
    try:
        return unseal(address.sealed)
    except Conflict:
        return None


def addresses_for_notice() -> list[NoticeAddress]:
    """Those that were entered; else a row for each person of the staff, made where it is missing.

    If none of those entered can be opened, the staff gets the notice as well.
    """
    entered = entered_addresses()
    if any(opened(each) for each in entered):
        return entered
    return [*entered, *_staff_addresses()]


def destination_of(address: NoticeAddress) -> Destination:
    """Raises Conflict if there is none any more, or none that can be read."""
    if not address.sealed.startswith(_ACCOUNT):
        if address.removed_at is not None:
            raise Conflict("The address was removed.")
        return Destination(address.name, apprise=unseal(address.sealed))
    account = db.session.get(Account, int(address.sealed.removeprefix(_ACCOUNT)))
    if account is None or account.is_disabled or not account.is_staff:
        raise Conflict("This person is not staff any more.")
    return Destination(address.name, email=account.email, person=account.name)


def staff() -> Sequence[Account]:
    """Who gets an email until an address is entered."""
    query = select(Account).where(Account.role.in_(STAFF), Account.disabled_at.is_(None))
    return db.session.scalars(query.order_by(Account.id)).all()


def _staff_addresses() -> list[NoticeAddress]:
    known = {each.sealed: each for each in db.session.scalars(select(NoticeAddress))}
    found = []
    for account in staff():
        marker = _ACCOUNT + str(account.id).encode()
        address = known.get(marker)
        if address is None:
            name = f"email to {account.name}"
            address = NoticeAddress(name=name, sealed=marker, created_by=SYSTEM.name)
            db.session.add(address)
        found.append(address)
    db.session.flush()
    return found


def _rows() -> list[NoticeAddress]:
    rows = db.session.scalars(select(NoticeAddress).order_by(NoticeAddress.id))
    return [each for each in rows if not each.sealed.startswith(_ACCOUNT)]
