"""Leases that run out in a moment: what an observer would have seen in half a minute."""

from datetime import timedelta
from unittest import mock

from portal.core.database import db
from portal.core.settings import settings
from portal.jobs import observing
from portal.jobs.connection import ops_engine
from portal.jobs.observing import observer


def let_leases_run_out() -> None:
    """Two looks of an observer between which no lease is renewed, with no patience at all."""
    db.session.rollback()
    engine = ops_engine(settings().ops_url, patience=2)
    observer.look(engine)
    with mock.patch.object(observing, "TTL", timedelta(0)):
        observer.look(engine)
