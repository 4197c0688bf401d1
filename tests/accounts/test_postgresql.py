"""Several at once on PostgreSQL: what one of them checked still holds when it writes."""

import logging
from datetime import timedelta

import pytest
from flask import g
from sqlalchemy import func, select

from portal.accounts.login.throttle import Allowance, consume_allowance
from portal.accounts.models import Account, Role, ThrottleMark
from portal.accounts.service import create_account, disable_account
from portal.audit.actor import SYSTEM
from portal.core.clock import now
from portal.core.errors import Conflict
from portal.core.storage.busy import is_locked
from portal.core.storage.database import db
from portal.core.storage.writer_lock import LOCK
from tests.databases.postgresql.test_ended_sessions import every_ending
from tests.databases.postgresql.test_fault_table import FULL, full_disk
from tests.databases.test_fault_table import said
from tests.support.cast import log_in, make_account
from tests.support.client import PortalClient
from tests.support.ops_on_postgres import at_once, pg_app

__all__ = ["pg_app"]


def committed(act):
    def acted():
        act()
        db.session.commit()

    return acted


@pytest.mark.parametrize("attempt", range(3))
def test_the_first_attempts_of_an_address_are_all_charged(pg_app, attempt):
    key = Allowance(f"address:first-{attempt}", 20, timedelta(minutes=1))
    assert at_once(pg_app, *[committed(lambda: consume_allowance([key]))] * 6) == [None] * 6
    mark = db.session.get_one(ThrottleMark, key.key)
    assert (mark.used_until - now()) / key.interval == pytest.approx(6, abs=0.5)
    db.session.commit()


def test_of_accounts_with_one_address_one_is_created(pg_app):
    def create():
        create_account(
            email="twice@talkback.example",
            name="Twice",
            role=Role.OPS,
            password="a sentence that nobody else uses",
            by=SYSTEM,
        )

    results = at_once(pg_app, *[committed(create)] * 4)
    assert results.count(None) == 1
    assert {type(each) for each in results if each} == {Conflict}


def test_two_administrators_who_disable_each_other_leave_one(pg_app):
    for name in ("ana", "zoe"):
        make_account(name, Role.ADMIN)
    db.session.commit()
    admins = select(Account).where(Account.role == Role.ADMIN, Account.disabled_at.is_(None))
    ids = [each.id for each in db.session.scalars(admins)]
    db.session.commit()

    def disabling(number):
        return committed(lambda: disable_account(db.session.get_one(Account, number), by=SYSTEM))

    results = at_once(pg_app, *[disabling(number) for number in ids])
    assert [type(each) for each in results].count(Conflict) == 1
    assert db.session.scalar(select(func.count()).select_from(admins.subquery())) == 1
    db.session.commit()


def test_who_waited_too_long_learns_that_the_database_is_busy(pg_app, monkeypatch):
    short = f"BEGIN; SET LOCAL lock_timeout = '100ms'; SELECT pg_advisory_xact_lock({LOCK})"
    monkeypatch.setattr("portal.core.storage.writer_lock._TAKE", short)
    ask = select(Account.id).limit(1)
    db.session.rollback()  # a transaction begun before would hold no lock of its own
    db.session.scalar(ask)
    try:
        (found,) = at_once(pg_app, lambda: db.session.scalar(ask))
    finally:
        db.session.rollback()
    assert is_locked(found)


@pytest.fixture(autouse=True)
def _nobody_is_logged_in(pg_app) -> None:
    """The application's context is one for all of these tests, and keeps who was logged in."""
    g.pop("_login_user", None)
    db.session.rollback()


def test_a_full_disk_under_the_control_room_is_one_sentence(pg_app, caplog):
    pg_app.testing, pg_app.config["PROPAGATE_EXCEPTIONS"] = True, False
    database = str(db.engines["ops"].url.database)
    pg_app.test_client_class = PortalClient
    client = pg_app.test_client()
    log_in(client, make_account("eva", Role.ADMIN))  # another test may have disabled Ana
    new = {"slug": "harbour", "name": "Harbour", "reading": "all"}
    with full_disk(database, "organisations"):
        g.pop("_login_user", None)
        page = client.post("/ops/accounts/organisations", data=new)
        assert page.status_code == 503
        for sentence in FULL.format(name="the control room’s database").split(". "):
            assert said(page.text, sentence), page.text
        assert client.get("/ops").status_code == 200
    assert "Traceback" not in caplog.text
    assert client.post("/ops/accounts/organisations", data=new).status_code == 303


@pytest.mark.parametrize("path", ["/ops", "/ops/accounts"])
def test_a_session_that_ends_after_any_statement_is_one_sentence(pg_app, caplog, path):
    pg_app.testing = True
    client = pg_app.test_client()
    log_in(client, make_account(f"omar{path.count('/')}", Role.ADMIN))
    db.session.remove()

    def get(path: str):
        g.pop("_login_user", None)  # this test's own context is there before the request's
        return client.get(path)

    with caplog.at_level(logging.ERROR):
        statuses = every_ending(pg_app, db.engines["ops"], get, path)
    assert statuses <= {200, 503}
    assert not [each for each in caplog.records if each.exc_info]
