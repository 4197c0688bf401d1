"""Two organisations, Cleo of Acme and Otto of Beta, and reports for each of them."""

import pytest

from portal.accounts.models import Contact, Organisation
from portal.core.storage.database import db
from portal.incidents.client_area.links import create_link
from portal.incidents.pdf import _failures
from tests.support.cast import log_in

REPORT = """---
title: The day the site was away
date: 2025-12-16
severity: major
status: resolved
started: 2025-12-16 14:00 UTC
resolved: 2025-12-16 15:12 UTC
affected: [search, profiles]
summary: The site could not be reached for a while.
audience: clients
updates:
  - {at: 2025-12-16 14:20 UTC, status: identified, text: We know the cause., audience: clients}
  - {at: 2025-12-16 14:25 UTC, text: the planted internal update, audience: internal}
---
## What happened

The site was away. See [the status](/status) and [how we fixed it](#how-we-fixed-it).

/// internal
the planted internal words
///

/// client beta
the planted words for beta
///

## How we fixed it

The matching code was deployed ✅ and checked.
"""
PLANTED = (
    "the planted internal update",
    "the planted internal words",
    "the planted words for beta",
)


@pytest.fixture(autouse=True)
def _no_failures():
    """What could not be made into a PDF is remembered by the process."""
    _failures.clear()


def make_contact(slug, name, account=None, zone="UTC"):
    """A person of the organisation, which is made where it is missing."""
    organisation = db.session.query(Organisation).filter_by(slug=slug).one_or_none()
    organisation = organisation or Organisation(slug=slug, name=slug.capitalize())
    contact = Contact(
        organisation=organisation,
        account=account,
        name=name,
        email=f"{name.lower()}@{slug}.example",
        salutation=name,
        time_zone=zone,
    )
    db.session.add(contact)
    db.session.commit()
    return contact


@pytest.fixture
def contact(app, cleo):
    """Cleo's own."""
    return make_contact("acme", "Cleo", cleo)


@pytest.fixture
def otto(app):
    """Without a login, of another organisation."""
    return make_contact("beta", "Otto")


@pytest.fixture
def outage(app, write):
    return write(REPORT)


@pytest.fixture
def for_beta(app, write):
    return write(
        "---\naudience: clients\nclients: [beta]\n---\n# Only Beta was hit\n\nNobody else was.\n",
        "for-beta",
    )


@pytest.fixture
def link(outage, otto, omar):
    """Otto's, with its path."""
    made, address = create_link("outage", otto, by=omar)
    db.session.commit()
    made.path = address.removeprefix("http://localhost:8000")
    return made


@pytest.fixture
def cleos(app, contact):
    """Cleo's browser."""
    client = app.test_client()
    log_in(client, contact.account)
    return client


@pytest.fixture
def omars(app, omar):
    client = app.test_client()
    log_in(client, omar)
    return client
