"""Two workers at the same moment on a real PostgreSQL: one outage, one draft, one notice each."""

from flask import Flask
from sqlalchemy import Select, func, select

from portal.core.clock import now
from portal.core.storage.database import db
from portal.incidents.live.models import LiveIncident
from portal.monitoring.errors.counting import KEPT, Seen, write
from portal.monitoring.errors.models import ErrorGroup, ErrorOccurrence
from portal.monitoring.errors.place import Fault
from portal.monitoring.notices.outbox import claim_notice, plan_notices, waiting_notices
from portal.monitoring.outages.causes import react
from portal.monitoring.outages.models import Notice
from portal.monitoring.outages.service import acknowledge
from tests.monitoring.outages.scene import DOWN, Night, minutes, outages
from tests.support.cast import make_account
from tests.support.ops_on_postgres import at_once, pg_app

__all__ = ["pg_app"]


def test_two_workers_and_two_people_at_once(pg_app: Flask) -> None:
    make_account("ana")
    omar = make_account("omar")
    night = Night(at=now())
    night.probe("home:production").state = DOWN
    db.session.commit()
    found: list[object] = []

    def look() -> None:
        react(night.at)
        plan_notices(night.at)

    def claim() -> None:
        found.append(claim_notice(first))

    assert at_once(pg_app, look, look) == [None, None]
    assert (len(outages()), db.session.scalar(_count(LiveIncident))) == (1, 1)
    assert db.session.scalar(_count(Notice)) == 2
    first = waiting_notices()[0]
    db.session.rollback()
    assert at_once(pg_app, claim, claim) == [None, None]
    assert sorted(each is None for each in found) == [False, True]
    acknowledge(outages()[0], by=omar)
    db.session.commit()
    night.pass_by(minutes(7))
    assert outages()[0].ended_at is not None
    db.session.rollback()


def test_two_processes_count_the_same_error(pg_app: Flask) -> None:
    fault = Fault("ValueError", "portal/x.py:f")

    def count() -> None:
        write([Seen(fault, now(), None, "/x") for _ in range(30)])

    assert at_once(pg_app, count, count) == [None, None]
    assert db.session.scalars(select(ErrorGroup.count)).one() == 60
    assert db.session.scalar(_count(ErrorOccurrence)) == KEPT
    db.session.rollback()


def _count(model: type) -> Select[int]:
    return select(func.count()).select_from(model)
