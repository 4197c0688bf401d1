"""The logins of clients' contacts. Every change is recorded; the caller commits."""

from portal.accounts.clients.service import require_current_contact
from portal.accounts.login.passwords import NewPassword, generate_password
from portal.accounts.models import Account, Contact, Role
from portal.accounts.service import create_account, hashed, stored_zone
from portal.audit.actor import Actor
from portal.audit.service import record
from portal.core.errors import Conflict


def give_login(
    contact: Contact, *, by: Actor, password: NewPassword | None = None
) -> tuple[Account, str]:
    """Create an account for the contact; returns it and its password, to be handed over once.

    Raises Conflict for a contact who has one or is archived, or if an account has the address.
    """
    require_current_contact(contact)
    _require_no_login(contact)
    given = password or hashed(generate_password())
    account = create_account(
        email=contact.email, name=contact.name, role=Role.CLIENT, password=given, by=by
    )
    _connect(contact, account, by=by)
    return account, given.words


def connect_login(contact: Contact, account: Account, *, by: Actor) -> None:
    """Raises Conflict if either is already connected, or the account is not a client's."""
    require_current_contact(contact)
    if contact.account is account:
        return
    _require_no_login(contact)
    if account.role is not Role.CLIENT:
        raise Conflict(f"{account.name} is {account.role}, and a contact’s login is a client’s.")
    if account.contact is not None:
        other = account.contact
        raise Conflict(
            f"{account.name} is the login of {other.name} at {other.organisation.name} already."
        )
    _connect(contact, account, by=by)


def disconnect_login(contact: Contact, *, by: Actor) -> None:
    """The account stays, as a client of no organisation, and reads what is for all clients.

    Raises Conflict for an archived contact, whose login would become active again.
    """
    require_current_contact(contact)
    account = contact.account
    if account is None:
        return
    contact.account = None
    _record("contact.login-disconnected", contact, account, by=by)


def _connect(contact: Contact, account: Account, *, by: Actor) -> None:
    """The contact's zone applies to their pages; a zone that they chose themselves
    applies to both."""
    contact.account = account
    if account.chosen_zone:
        contact.time_zone = account.chosen_zone
    else:
        account.time_zone = stored_zone(contact.time_zone)
    _record("contact.login-connected", contact, account, by=by)


def _require_no_login(contact: Contact) -> None:
    if contact.account is not None:
        raise Conflict(f"{contact.name} has a login already: {contact.account.email}.")


def _record(action: str, contact: Contact, account: Account, *, by: Actor) -> None:
    target = f"organisations/{contact.organisation.slug}"
    record(action, contact, by=by, target=target, details={"account": account.id})
