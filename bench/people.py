"""Accounts for a load, each with a login session. Prints them as JSON.

python -m bench.people '{"client": 10, "ops": 10}'
"""

import json
import sys

from flask import Flask
from sqlalchemy import select

from portal.accounts.clients.logins import connect_login
from portal.accounts.clients.queries import organisations
from portal.accounts.clients.service import Person, add_contact
from portal.accounts.models import Account, Role
from portal.accounts.service import create_account
from portal.app import create_app
from portal.audit.actor import SYSTEM
from portal.core.configuration.settings import load_settings
from portal.core.storage.database import db
from tests.support.cast import log_in

PASSWORD = "a long walk by the harbour wall"


def main() -> None:
    app = create_app(load_settings())
    app.testing = True  # a benchmark takes no lease
    with app.app_context():
        made = {
            role: [_person(app, Role(role), number) for number in range(count)]
            for role, count in json.loads(sys.argv[1]).items()
        }
    print(json.dumps(made))


def _person(app: Flask, role: Role, number: int) -> dict[str, str]:
    email = f"{role.value}{number}@load.example"
    account = db.session.scalar(select(Account).where(Account.email == email)) or create_account(
        email=email,
        name=f"{role.value.capitalize()} {number}",
        role=role,
        password=PASSWORD,
        by=SYSTEM,
        by_setup=True,
    )
    db.session.commit()
    if role is Role.CLIENT and account.contact is None:
        _connect(account)
    client = app.test_client()
    log_in(client, account)
    cookie = client.get_cookie("portal_staff", path="/")
    return {
        "cookie": f"portal_staff={cookie.value if cookie else ''}",
        "email": email,
        "password": PASSWORD,
    }


def _connect(account: Account) -> None:
    """To a contact at the demo's first organisation, so that it reads the same reports."""
    person = Person(account.name, account.email, "UTC", account.name)
    contact = add_contact(organisations()[0], person, by=SYSTEM)
    connect_login(contact, account, by=SYSTEM)
    db.session.commit()


if __name__ == "__main__":
    main()
