"""A wrong clock opens no gate and locks nobody out: of whoever serves, decides or confirmed."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from unittest import mock

import pytest
import time_machine

from portal.core.clock import now
from portal.core.configuration.settings import ROOT
from portal.core.errors import Conflict, Refused
from portal.core.storage.database import db
from portal.databases.backups.integrity import is_fresh, require_fresh
from portal.databases.changes import tickets
from portal.databases.policies.release_gate import refuse_unless_served
from portal.jobs.leases import observing
from portal.jobs.leases.holder import LeaseHolder
from portal.jobs.operations.service import request_operation, run_here
from tests.databases import stage
from tests.databases.stage import ANA, OMAR
from tests.releases.process import legacy_release
from tests.support.clocks import moved
from tests.support.leases import let_leases_run_out

CHANGE = """
import sys
import tests.support.sleeping
from portal.app import create_app
from portal.jobs.operations.service import run_here
with create_app().app_context():
    from tests.databases.stage import OMAR
    sys.stdin.readline()
    run_here("databases.migrate", by=OMAR, target="production", subject=sys.argv[1])
"""


@contextmanager
def program(settings, code: str, *words: str, clock: int) -> Iterator["subprocess.Popen[str]"]:
    """A new process from its very beginning, whose clock is so many seconds ahead."""
    process = subprocess.Popen(
        [sys.executable, "-c", code, *words],
        cwd=ROOT,
        env={**os.environ, "PORTAL_DATA": str(settings.data), "SECRET_KEY": "t", **moved(clock)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_no_contract_goes_in_under_live_old_code_whatever_the_clocks_say(ticket, settings):
    """The web process's clock is behind; other processes with wrong clocks are in the trials."""
    refused_under_old_code(ticket, settings, served=-120, decided=0)


def refused_under_old_code(ticket, settings, *, served: int, decided: int) -> None:
    """`served`, `decided`: seconds by which the web process's clock and the command's are ahead."""
    target, run = stage.target_named("production"), ticket.run
    before = stage.content(target)
    db.session.rollback()
    with (
        program(settings, CHANGE, run, clock=decided) as command,
        legacy_release(settings.data, LEASE_EVERY="0.2", **moved(served)) as old,
    ):
        said, _ = command.communicate("go\n", timeout=90)
        assert command.returncode == 1, said
        assert "Waiting up to 30 seconds to see which processes live" in said
        assert (f"web process {old.process.pid}" if served else "A clock is wrong") in said
        assert old.get("/")[0] == 200
    assert stage.content(target) == before
    assert stage.revision(target) == stage.LEGACY


@pytest.fixture
def old(settings) -> LeaseHolder:
    return LeaseHolder(settings.ops_url, "web", "production", [stage.LEGACY])


def test_a_command_without_a_worker_waits_until_the_dead_are_known(ticket, old, capsys):
    old.renew()
    with mock.patch.object(observing, "TTL", timedelta(seconds=0.5)):
        done = run_here("databases.migrate", by=OMAR, target="production", subject=ticket.run)
    assert done.is_done
    assert "Waiting up to 0.5 seconds to see which processes live" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(2, "A clock is wrong:"), (-2, "A clock is wrong, or a process has ended")],
)
def test_a_lease_of_another_time_closes_the_gate_until_its_process_is_gone(
    ticket, old, minutes, said
):
    """Though its code could serve the revision; both times are named."""
    target = stage.target_named("production")
    old.serves = [stage.LEGACY, stage.HEAD]
    with time_machine.travel(now() + timedelta(minutes=minutes), tick=True):
        wrong = now()
        old.renew()
    with pytest.raises(Refused) as refused:
        refuse_unless_served(target, stage.HEAD)
    assert refused.value.sentence.startswith(said)
    for moment in (wrong, now()):
        assert f"{moment:%Y-%m-%d %H:%M:}" in refused.value.sentence
    let_leases_run_out()
    refuse_unless_served(target, stage.HEAD)


def test_an_entry_from_the_future_refuses_once_and_locks_no_one_out(ticket):
    with time_machine.travel(now() + timedelta(days=4000), tick=True):
        asked = request_operation("databases.migrate", by=OMAR, target="production")
        db.session.commit()
    asked.subject = ticket.run
    db.session.commit()
    stage.carry_out(asked.id)
    assert asked.state.value == "refused"
    assert "A clock is wrong: the newest entry of the audit log was written at" in asked.outcome
    assert stage.operate("databases.migrate", run=ticket.run).is_done


@pytest.mark.parametrize("what", ["plan", "first", "second"])
def test_what_was_sealed_or_confirmed_in_the_future_is_no_permission(ticket, what):
    late = now() + timedelta(minutes=2)
    if what == "plan":
        ticket.plan.sealed_at = late
    elif what == "first":
        ticket.confirmed_at = late
    else:
        ticket.approved_at = late
    db.session.commit()
    outcome = stage.operate("databases.migrate", run=ticket.run).outcome
    assert "A clock is wrong: the " in outcome
    assert f"{late:%H:%M:%S} UTC, and here it is" in outcome
    assert ticket.plan.is_open == (what != "plan")


def test_a_backup_of_the_future_is_not_fresh(ticket):
    taken = ticket.plan.backup
    assert is_fresh(taken)
    taken.taken_at = now() + timedelta(minutes=2)
    assert not is_fresh(taken)
    with pytest.raises(Refused, match="A clock is wrong"):
        require_fresh(taken)


def test_a_login_of_the_future_does_not_come_after_the_first_confirmation(ticket):
    ticket.state = tickets.TicketState.CONFIRMED
    ticket.approved_by_id = None
    db.session.commit()
    with pytest.raises((Refused, Conflict), match="A clock is wrong: your login was"):
        tickets.approve(ticket, "production", by=ANA, logged_in_at=now() + timedelta(minutes=2))
