"""Reports written in the browser: Omar's browser, and what the pages send."""

from flask.testing import FlaskClient

from portal.accounts.models import Account
from portal.core.storage.database import db
from portal.documents.models import DocumentKind
from portal.documents.publishing.publish import publish, settle
from portal.documents.publishing.sources import current_source
from tests.support.cast import log_in, make_account

REPORT = DocumentKind.REPORT
TEXT = "---\ntitle: Search was slow\ndate: 2025-12-16\n---\n\n# Search was slow\n"
HTMX = {"HX-Request": "true"}


def browser_of(app, name: str) -> FlaskClient:
    client = app.test_client()
    if name != "stranger":
        log_in(client, make_account(name))
    return client


def opened(slug: str = "outage") -> str:
    """The SHA-256 of what is shown at present; empty where there is nothing."""
    source = current_source(REPORT, slug)
    return source.sha256 if source else ""


def send(browser: FlaskClient, place: str, text: str = TEXT, slug: str = "outage", **fields):
    data = {"text": text, "slug": slug, "opened": opened(slug), **fields}
    return browser.post(f"/ops/incidents/{place}", data=data)


def published_text(by: Account, text: str, slug: str = "outage", note: str = "") -> str:
    """Published by somebody else's hand; gives its SHA-256."""
    version = publish(REPORT, slug, text, opened=opened(slug) or None, note=note, by=by)
    sha256 = version.sha256
    db.session.commit()
    settle(REPORT, slug)
    return sha256
