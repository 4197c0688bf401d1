"""Leases in a control room on PostgreSQL: the server's clock is the one of all processes."""

from datetime import timedelta

import time_machine
from flask import Flask
from sqlalchemy import select

from portal.core.clock import now
from portal.core.configuration.settings import settings
from portal.core.storage.database import db
from portal.jobs.leases.holder import LeaseHolder, live_leases
from portal.jobs.leases.workers import worker_is_alive
from portal.jobs.models import Lease, LeaseKind
from tests.support.leases import let_leases_run_out
from tests.support.ops_on_postgres import pg_app

__all__ = ["pg_app"]


def test_leases_are_written_by_the_servers_clock(pg_app: Flask) -> None:
    holder = LeaseHolder(settings().ops_url, LeaseKind.WORKER, None, [])
    with time_machine.travel(now() + timedelta(hours=3), tick=True):
        holder.renew()
        holder.renew()
        assert worker_is_alive()
        db.session.rollback()
    lease = db.session.scalars(select(Lease)).one()
    assert abs(lease.renewed_at - now()) < timedelta(seconds=30)
    assert lease.renewals == 2
    let_leases_run_out()
    assert live_leases() == []
