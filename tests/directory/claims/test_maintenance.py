"""While nothing can be saved, each page says so before anybody types, and nothing is lost."""

from typing import cast

import pytest
from flask import Flask
from sqlalchemy import select, update

from portal.accounts.models import Role
from portal.core.clock import now
from portal.core.storage.database import changing_directory, db
from portal.databases.policies.maintenance import begin_maintenance, end_maintenance
from portal.databases.targets.config import Target
from portal.directory.claims.models import Claim, ClaimState
from portal.directory.revisions import WITH_OWNERS
from portal.directory.site_tasks import delete_accounts_that_are_due
from portal.jobs.models import Operation
from portal.jobs.operations.service import perform
from tests.databases.stage import ANA
from tests.directory.claims.conftest import (
    NAME,
    ask,
    browser_of,
    imported_studio,
    link,
    slug,
    state,
)
from tests.support.cast import log_in, make_account
from tests.support.client import PortalClient
from tests.support.databases import HEAD, make_database
from tests.support.owners import make_user
from tests.support.pages import check_page, words

SENTENCE = "The directory is read-only for a moment"


@pytest.fixture
def target(app: Flask) -> Target:
    return make_database("development", HEAD)


def browser_of_ada(app: Flask) -> PortalClient:
    client = cast(PortalClient, app.test_client())
    log_in(client, make_account("ada", Role.ADMIN))
    return client


def test_it_is_said_before_and_what_was_typed_comes_back(app: Flask, target: Target) -> None:
    first, second = imported_studio(), imported_studio("Other Rooms", email=None)
    olive, rosa = (browser_of(app, make_user(f"{each}@example.com")) for each in ("olive", "rosa"))
    ada, visitor = browser_of_ada(app), cast(PortalClient, app.test_client())
    waits, asked = ask(olive, second).id, f"/studios/{slug(first)}/claim"
    third = browser_of(app, make_user("sam@example.com"))
    sent = ask(third, imported_studio("Third Rooms", "third@example.org")).id
    opened, path = link(), f"/ops/directory/claims/{waits}"
    begin_maintenance(target, because="Moving", by=ANA)

    for client, address in ((rosa, asked), (visitor, opened), (ada, path)):
        assert SENTENCE in words(client.page(address).select_one(".notice.wary")), address
    for _ in range(6):  # an attempt that can't be stored is not counted
        answer = rosa.post(asked, data={"message": "It is mine"})
        assert answer.status_code == 503
    assert words(check_page(answer.text).select_one("#message")) == "It is mine"
    assert visitor.post(opened, data={"answer": "yes"}).status_code == 503
    assert third.post(f"/me/claims/{sent}/withdraw").status_code == 503
    refused = ada.post(f"{path}/refuse", data={"reason": "Not theirs"})
    assert (refused.status_code, "Not theirs" in refused.text) == (503, True)
    assert ada.post(f"{path}/grant").status_code == 503

    end_maintenance(target, by=ANA)
    assert rosa.post(asked, data={"message": "It is mine"}).status_code == 303
    assert visitor.post(opened, data={"answer": "yes"}).status_code == 200
    assert ada.post(f"{path}/grant").status_code == 303
    states = {each.state for each in db.session.scalars(select(Claim))}
    assert states == {ClaimState.SENT, ClaimState.GRANTED}


def test_the_worker_ends_claims_whose_link_expired(app: Flask, target: Target) -> None:
    number = imported_studio()
    ask(browser_of(app, make_user()), number)
    delete_accounts_that_are_due()
    assert db.session.scalars(select(Operation)).all() == []
    with changing_directory():
        db.session.execute(update(Claim).values(expires_at=now()))
    delete_accounts_that_are_due()
    perform(db.session.scalars(select(Operation)).one())
    assert state() is ClaimState.EXPIRED
    assert db.session.scalars(select(Claim.open_studio)).one() is None


def test_a_directory_without_the_tables_offers_nothing(app: Flask) -> None:
    """Accounts are there, the tables for claims are not."""
    make_database("development", WITH_OWNERS, studios=2)
    delete_accounts_that_are_due()
    assert db.session.scalars(select(Operation)).all() == []
    client = browser_of(app, make_user())
    for path in ("/me", "/me/studio"):
        assert client.get(path).status_code == 200
    assert client.get("/studios/any-1/claim").status_code == 503
    assert browser_of_ada(app).get("/ops/directory/claims").status_code == 503
    assert NAME not in client.get("/me").text
