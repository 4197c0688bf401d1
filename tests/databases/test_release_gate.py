"""Two releases at once: a contract waits until nobody needs what it takes away."""

import time

import pytest
import time_machine

from portal.core.clock import now
from portal.core.errors import Refused
from portal.core.storage.database import db
from portal.databases.policies.release_gate import processes_that_cannot_serve, refuse_unless_served
from portal.jobs.leases.holder import LeaseHolder
from tests.releases.process import legacy_release
from tests.support.changes import approved_ticket, change
from tests.support.databases import HEAD, LEGACY, dump, revision_of
from tests.support.leases import let_leases_run_out


@pytest.fixture
def old(room, settings):
    """The release before the consolidation, serving production in a process of its own."""
    with legacy_release(settings.data) as process:
        yield process


def test_a_contract_is_refused_while_an_old_process_is_alive(room, old):
    ticket = approved_ticket(room.production)
    before = dump(room.production_file)

    with pytest.raises(Refused) as refused:
        change(room.production, ticket=ticket)
    db.session.rollback()

    assert f"web process {old.process.pid}" in refused.value.sentence
    assert "2025.11-legacy" in refused.value.sentence
    assert "Deploy the matching code" in refused.value.remedy
    assert dump(room.production_file) == before
    assert old.get("/") == (200, "12 studios listed\n")


def test_the_contract_goes_through_once_the_old_process_ended(room, settings):
    ticket = approved_ticket(room.production)
    with legacy_release(settings.data):
        with pytest.raises(Refused):
            change(room.production, ticket=ticket)
        db.session.rollback()  # so that the old process can give its lease back

    change(room.production, ticket=ticket)

    assert revision_of(room.production) == HEAD


def test_a_killed_process_counts_until_an_observer_ended_its_lease(room, old):
    """Whatever the clock of whoever asks says."""
    old.kill()

    for minutes in (-2, 0, 2, 24 * 60):
        with (
            time_machine.travel(now().timestamp() + 60 * minutes, tick=True),
            pytest.raises(Refused),
        ):
            refuse_unless_served(room.production, HEAD)
        db.session.rollback()
    let_leases_run_out()
    refuse_unless_served(room.production, HEAD)


def test_a_process_of_the_other_environment_does_not_count(room, old):
    assert processes_that_cannot_serve(room.development, HEAD) == []


def test_what_the_old_process_can_serve_is_no_reason_to_refuse(room, old):
    refuse_unless_served(room.production, LEGACY)


def test_new_code_beside_the_old_schema_does_not_stop_the_change(room, settings):
    new = LeaseHolder(settings.ops_url, "web", "production", [HEAD])
    new.start()
    try:
        change(room.production, ticket=approved_ticket(room.production))
    finally:
        db.session.rollback()
        new.end()

    assert revision_of(room.production) == HEAD


def test_every_process_in_the_way_is_named(room, settings):
    holders = [LeaseHolder(settings.ops_url, "web", "production", []) for _ in range(2)]
    for holder in holders:
        holder.start()
        time.sleep(0.01)
    try:
        with pytest.raises(Refused) as refused:
            refuse_unless_served(room.production, HEAD)
        assert refused.value.sentence.count("web process") == 2
    finally:
        db.session.rollback()
        for holder in holders:
            holder.end()
