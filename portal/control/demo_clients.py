"""The demo's clients: three organisations, so that there are three recipients."""

from sqlalchemy import select

from portal.accounts.clients.logins import connect_login
from portal.accounts.clients.queries import organisations
from portal.accounts.clients.service import Person, add_contact, create_organisation
from portal.accounts.models import Account, Contact, Reading, Role
from portal.audit.actor import Actor
from portal.core.storage.database import db

LONDON = "Europe/London"
CLIENTS = {
    "harbour": ("Harbour Voices", Person("Cleo", "cleo@client.example", LONDON, "Cleo")),
    "lantern": (
        "Lantern Radio",
        Person("Newsroom", "newsroom@lantern.example", "America/New_York", "Newsroom"),
    ),
    "tidewater": (
        "Tidewater Audio",
        Person("Studio desk", "desk@tidewater.example", "Australia/Sydney", "everyone at the desk"),
    ),
}


def has_demo_clients() -> bool:
    return not _missing()


def create_demo_clients(*, by: Actor) -> None:
    """Create the missing ones, each with a contact; Cleo logs in with the demo's own account."""
    for slug in _missing():
        name, person = CLIENTS[slug]
        organisation = create_organisation(slug=slug, name=name, reading=Reading.ALL, by=by)
        _connect(add_contact(organisation, person, by=by), by=by)
    db.session.commit()


def _missing() -> list[str]:
    there = {organisation.slug for organisation in organisations(archived=True)}
    return [slug for slug in CLIENTS if slug not in there]


def _connect(contact: Contact, *, by: Actor) -> None:
    """Connect the contact to the login at the same address, if one exists without a contact."""
    account = db.session.scalar(select(Account).where(Account.email == contact.email))
    if account and account.role is Role.CLIENT and account.contact is None:
        connect_login(contact, account, by=by)
