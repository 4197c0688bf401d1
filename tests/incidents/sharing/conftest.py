"""Acme with Cleo and Carl, Beta with Otto, and a report that says nothing of its readers."""

import pytest
from flask.testing import FlaskClient

from portal.accounts.models import Contact, Organisation
from portal.core.storage.database import db
from tests.support.cast import log_in, make_account

FIRST = """# Search stood still

**Date:** 2026-03-04

Nobody could search for an hour.

/// internal
The disk of the second machine was full.
///
"""
SECOND = FIRST.replace("for an hour", "for two hours")


@pytest.fixture
def acme(app, cleo):
    return add_client("acme", ("Cleo", cleo), ("Carl", None))


@pytest.fixture
def beta(app):
    return add_client("beta", ("Otto", None))


@pytest.fixture
def outage(acme, beta, write):
    return write(FIRST)


def add_client(slug, *people):
    contacts = [
        Contact(name=n, email=f"{n.lower()}@{slug}.example", salutation=n, account=account)
        for n, account in people
    ]
    organisation = Organisation(slug=slug, name=slug.capitalize(), contacts=contacts)
    db.session.add(organisation)
    db.session.commit()
    return organisation


def browser_of(app, name) -> FlaskClient:
    client = app.test_client()
    if name != "stranger":
        log_in(client, make_account(name))
    return client


def share(browser, slug="outage", **fields):
    """As a person does: look, then press the button of that page."""
    page = browser.page(f"/ops/incidents/{slug}/sharing")
    seen = page.find("input", attrs={"name": "seen"})
    return browser.post(
        f"/ops/incidents/{slug}/sharing", data={"seen": seen["value"] if seen else "", **fields}
    )


def read(app, name, slug="outage"):
    """What somebody reads of it at the client area; None where it is not there for them."""
    answer = browser_of(app, name).get(f"/client/incidents/{slug}")
    return answer.text if answer.status_code == 200 else None


def listed(app, name="cleo"):
    return browser_of(app, name).get("/client").text
