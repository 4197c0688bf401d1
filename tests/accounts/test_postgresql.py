"""Several at once on PostgreSQL: what one of them checked still holds when it writes."""

from datetime import timedelta

import pytest
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
from tests.support.cast import make_account
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
    short = f"SET LOCAL lock_timeout = '100ms'; SELECT pg_advisory_xact_lock({LOCK})"
    monkeypatch.setattr("portal.core.storage.writer_lock._TAKE", short)
    ask = select(Account.id).limit(1)
    db.session.scalar(ask)
    try:
        (found,) = at_once(pg_app, lambda: db.session.scalar(ask))
    finally:
        db.session.rollback()
    assert is_locked(found)
