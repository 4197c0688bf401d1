"""A wrong clock of whole processes; of one rule at a time, test_clocks.py beside it.

Run by `make trials` alone.
"""

from portal.core.storage.database import db
from portal.jobs.leases.holder import live_leases
from portal.jobs.operations.service import request_operation
from tests.databases import stage
from tests.databases.stage import OMAR
from tests.databases.test_clocks import program, refused_under_old_code
from tests.jobs.conftest import eventually
from tests.releases.process import legacy_release

WORK = """
import sys
import tests.support.sleeping
from datetime import timedelta
from flask.cli import main
from portal.jobs.leases import holder as leases, observing
# Longer than the five seconds after which a child of the worker renews its own lease.
observing.TTL, leases.INTERVAL = timedelta(seconds=8), timedelta(seconds=0.2)
sys.argv = ["flask", "--app", "wsgi", "jobs", "work"]
main()
"""


def test_the_command_s_clock_is_behind(ticket, settings):
    refused_under_old_code(ticket, settings, served=0, decided=-120)


def test_a_worker_whose_clock_is_ahead_ends_only_dead_processes(ticket, settings):
    target, run = stage.target_named("production"), ticket.run
    db.session.rollback()
    with (
        program(settings, WORK, clock=120),
        legacy_release(settings.data, LEASE_EVERY="0.2") as old,
    ):
        first = _asked(run)
        eventually(lambda: first.is_finished)
        assert first.state.value == "refused"
        assert f"web process {old.process.pid}" in first.outcome
        assert live_leases("production")
        db.session.rollback()
        old.kill()
        eventually(lambda: not live_leases("production"))
        second = _asked(run)
        eventually(lambda: second.is_finished)
        assert second.is_done, second.outcome
        db.session.rollback()
    assert stage.revision(target) == stage.HEAD


def _asked(run: str):
    asked = request_operation("databases.migrate", by=OMAR, target="production", subject=run)
    db.session.commit()
    return asked
