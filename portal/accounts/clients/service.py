"""Clients: organisations and their people. Every change is recorded; the caller commits.

Archived rows are kept because reports and messages of the past name them. Archived clients receive
nothing, read nothing, and can't be changed until they are restored.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from portal.accounts.checks import email_address, one_line, slug_of_client, time_zone
from portal.accounts.login.sessions import end_sessions
from portal.accounts.models import Contact, Organisation, Reading
from portal.accounts.service import stored_zone
from portal.audit.actor import Actor
from portal.audit.service import record
from portal.core.clock import now
from portal.core.errors import Conflict
from portal.core.storage.database import db


@dataclass(frozen=True)
class Person:
    """The data of a contact. Without a salutation, the name is used."""

    name: str
    email: str
    time_zone: str
    salutation: str = ""
    gets_messages: bool = True

    def checked(self) -> "Person":
        """A normalised copy. Raises Invalid."""
        name = one_line(self.name, "The name", field="name")
        return Person(
            name=name,
            email=email_address(self.email),
            time_zone=time_zone(self.time_zone),
            salutation=one_line(
                self.salutation.strip() or name, "The form of address", field="salutation"
            ),
            gets_messages=self.gets_messages,
        )


def create_organisation(*, slug: str, name: str, reading: Reading, by: Actor) -> Organisation:
    """Raises Invalid for an invalid slug or name, Conflict for an existing slug."""
    slug, name = slug_of_client(slug), one_line(name, "The name", field="name")
    if db.session.scalar(select(Organisation.id).where(Organisation.slug == slug)):
        raise Conflict(f"There is a client “{slug}” already.", field="slug")
    organisation = Organisation(slug=slug, name=name, reading=reading)
    db.session.add(organisation)
    db.session.flush()
    _record("organisation.created", organisation, by=by, details={"reading": reading})
    return organisation


def change_organisation(
    organisation: Organisation, *, name: str, reading: Reading, by: Actor
) -> None:
    """The slug cannot change, as reports use it. Raises Invalid, or Conflict for an
    archived one."""
    _require_current(organisation)
    changed = _set(organisation, name=one_line(name, "The name", field="name"), reading=reading)
    if changed:
        details = {"changed": changed, "reading": reading}
        _record("organisation.changed", organisation, by=by, details=details)


def archive_organisation(organisation: Organisation, *, by: Actor) -> None:
    """Its people receive nothing, read nothing and can't log in; their sessions end."""
    if organisation.is_archived:
        return
    organisation.archived_at = now()
    ended = sum(_end_sessions(contact, by=by) for contact in organisation.contacts)
    _record("organisation.archived", organisation, by=by, details={"sessions": ended})


def restore_organisation(organisation: Organisation, *, by: Actor) -> None:
    """Contacts that were archived individually stay archived."""
    if organisation.is_archived:
        organisation.archived_at = None
        _record("organisation.restored", organisation, by=by)


def add_contact(organisation: Organisation, person: Person, *, by: Actor) -> Contact:
    """Raises Invalid for invalid data, Conflict if the organisation has the address already."""
    _require_current(organisation)
    person = person.checked()
    _require_free(organisation, person.email)
    contact = Contact(organisation=organisation, **vars(person))
    db.session.add(contact)
    db.session.flush()
    _record("contact.added", contact, by=by)
    return contact


def change_contact(contact: Contact, person: Person, *, by: Actor) -> None:
    """The address of a login is not changed. Raises Invalid, or Conflict."""
    require_current_contact(contact)
    person, zone_before = person.checked(), contact.time_zone
    _require_free(contact.organisation, person.email, but=contact)
    changed = _set(contact, **vars(person))
    if contact.account and contact.account.chosen_zone == zone_before:
        contact.account.time_zone = stored_zone(contact.time_zone)
    if changed:
        _record("contact.changed", contact, by=by, details={"changed": changed})


def archive_contact(contact: Contact, *, by: Actor) -> None:
    """This person receives nothing, reads nothing and can't log in; their sessions end."""
    if contact.archived_at is None:
        contact.archived_at = now()
        ended = _end_sessions(contact, by=by)
        _record("contact.archived", contact, by=by, details={"sessions": ended})


def restore_contact(contact: Contact, *, by: Actor) -> None:
    """Raises Conflict while the organisation is archived."""
    _require_current(contact.organisation)
    if contact.archived_at is not None:
        contact.archived_at = None
        _record("contact.restored", contact, by=by)


def require_current_contact(contact: Contact) -> None:
    """Raises Conflict if the contact or their organisation is archived."""
    _require_current(contact.organisation)
    if contact.is_archived:
        raise Conflict(f"{contact.name} is archived.", remedy="Restore the contact first.")


def _require_current(organisation: Organisation) -> None:
    if organisation.is_archived:
        raise Conflict(
            f"{organisation.name} is archived.", remedy="Restore the organisation first."
        )


def _require_free(organisation: Organisation, email: str, but: Contact | None = None) -> None:
    query = select(Contact).where(
        Contact.organisation_id == organisation.id, Contact.email == email
    )
    other = db.session.scalar(query)
    if other is None or other is but:
        return
    raise Conflict(
        f"{organisation.name} has {other.name} at {email} already.",
        remedy="Restore the contact instead." if other.is_archived else None,
        field="email",
    )


def _set(row: Organisation | Contact, **values: object) -> list[str]:
    """Set the changed values; returns the names of those that changed."""
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    return changed


def _end_sessions(contact: Contact, *, by: Actor) -> int:
    return end_sessions(contact.account, by=by) if contact.account else 0


def _record(
    action: str,
    row: Organisation | Contact,
    *,
    by: Actor,
    details: Mapping[str, object] | None = None,
) -> None:
    """The organisation is the target, so that the log can be filtered by client."""
    organisation = row if isinstance(row, Organisation) else row.organisation
    target = f"organisations/{organisation.slug}"
    record(action, row, by=by, target=target, details=details)
