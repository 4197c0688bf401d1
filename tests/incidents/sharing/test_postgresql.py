"""Sharing on a real PostgreSQL, where two people do press the button at the same time."""

from portal.audit.actor import NamedActor
from portal.audit.verification import verify_log
from portal.core.database import db
from portal.core.errors import Conflict
from portal.incidents.models import ReportShare
from portal.incidents.shares import add_share, end_share, open_share, open_slugs
from tests.support.ops_on_postgres import at_once, pg_app

__all__ = ["pg_app"]
OMAR = NamedActor(id=2, name="omar", role="ops")


def sharing(number):
    def act():
        add_share("outage", sha256=f"{number}", source=f"# {number}", people=1, by=OMAR)
        db.session.commit()

    return act


def test_of_many_who_share_at_once_one_share_is_open(pg_app):
    results = at_once(pg_app, *[sharing(number) for number in range(3)])
    assert {type(each) for each in results if each} <= {Conflict}
    assert open_slugs() == ["outage"]
    shared = db.session.query(ReportShare).count()
    assert shared == sum(each is None for each in results)
    end_share("outage", by=OMAR)
    db.session.commit()
    assert open_share("outage") is None
    assert verify_log().fault is None
