"""Sharing on a real PostgreSQL, where two people do press the button at the same time."""

import threading

from portal.audit.actor import NamedActor
from portal.audit.chain.verification import verify_log
from portal.core.errors import Conflict
from portal.core.storage.database import db
from portal.incidents.models import ReportShare
from portal.incidents.sharing.shares import add_share, end_share, open_share, open_slugs
from tests.support.ops_on_postgres import at_once, pg_app, somebody_waits_for_a_lock

__all__ = ["pg_app"]
OMAR = NamedActor(id=2, name="omar", role="ops")


def sharing(number, slug="outage"):
    def act():
        add_share(slug, sha256=f"{number}", source=f"# {number}", people=1, by=OMAR)
        db.session.commit()

    return act


def test_of_many_who_share_at_once_one_share_is_open(pg_app):
    results = at_once(pg_app, *[sharing(number) for number in range(3)])
    assert {type(each) for each in results if each} <= {Conflict}
    assert open_slugs() == ["outage"]
    shared = db.session.query(ReportShare).filter_by(slug="outage").count()
    assert shared == sum(each is None for each in results)
    end_share("outage", by=OMAR)
    db.session.commit()
    assert open_share("outage") is None
    assert verify_log().fault is None


def test_who_takes_back_while_another_one_shares_takes_that_back_too(pg_app):
    sharing(0, "other")()
    shared, waits = threading.Event(), threading.Event()

    def share_slowly():
        add_share("other", sha256="1", source="# 1", people=1, by=OMAR)
        shared.set()
        waits.wait(timeout=20)
        db.session.commit()

    def take_back():
        shared.wait(timeout=20)
        end_share("other", by=OMAR)
        db.session.commit()

    def watch():
        shared.wait(timeout=20)
        while not somebody_waits_for_a_lock():
            waits.wait(timeout=0.02)
        waits.set()

    assert at_once(pg_app, share_slowly, take_back, watch) == [None] * 3
    db.session.rollback()
    assert open_slugs() == []
    assert db.session.query(ReportShare).filter_by(slug="other").count() == 2
    assert verify_log().fault is None
