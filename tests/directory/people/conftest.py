"""People of the site, and an admin who looks after them."""

from sqlalchemy import select

from portal.core.storage.database import db
from portal.directory.users.models import SiteAccount
from tests.directory.queue.conftest import changes, events  # noqa: F401 — for the tests here
from tests.directory.reports.conftest import admin, letters, site, studio, visitor  # noqa: F401
from tests.support.client import PortalClient
from tests.support.pages import words

PEOPLE = "/ops/directory/people"


def account(number: int) -> SiteAccount:
    db.session.rollback()
    query = select(SiteAccount).where(SiteAccount.user_id == number)
    return db.session.scalars(query).one()


def names(client: PortalClient, query: str = "") -> list[str]:
    page = client.page(f"{PEOPLE}?{query}")
    return [words(each) for each in page.select("tbody th")]
