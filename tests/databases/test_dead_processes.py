"""An admin declares a silent process dead; one that lives comes back by itself."""

import time
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from portal.core.clock import now
from portal.core.errors import Conflict, Forbidden, NotFound
from portal.core.storage.database import db
from portal.databases.policies import release_gate
from portal.databases.policies.release_gate import (
    declare_dead,
    processes_that_cannot_serve,
    web_lease,
)
from portal.jobs.leases.holder import LeaseHolder, live_leases
from portal.jobs.models import Lease
from tests.databases.stage import ANA, OMAR
from tests.support.cast import log_in, make_account
from tests.support.databases import HEAD
from tests.support.pages import words


@pytest.fixture
def old(room, settings, monkeypatch):
    """Its machine went away, and this process saw that for as long as it takes."""
    monkeypatch.setattr(release_gate, "SILENT", timedelta(seconds=0.2))
    holder = LeaseHolder(settings.ops_url, "web", "production", ["0001"])
    holder.renew()
    silent(holder)
    return holder


def silent(holder):
    holder.observe()
    time.sleep(0.2)


def test_silence_is_what_this_process_saw_not_what_a_clock_says(room, settings):
    """A clock that is ahead makes nobody dead who renews; one look is none."""
    holder = LeaseHolder(settings.ops_url, "web", "production", ["0001"])
    holder.renew()
    with time_machine.travel(now() + timedelta(minutes=2)), pytest.raises(Conflict) as refused:
        declare_dead(web_lease(holder.uuid), reason="It is in my way", by=ANA)
    assert "watched from here for 0 seconds since its last sign of life" in refused.value.sentence
    assert "15 are needed" in refused.value.sentence


def in_the_way(room):
    return len(processes_that_cannot_serve(room.production, HEAD))


def test_it_no_longer_blocks_a_change(room, old):
    assert in_the_way(room) == 1
    declare_dead(web_lease(old.uuid[:8]), reason="The machine burnt", by=ANA)
    db.session.commit()

    assert in_the_way(room) == 0
    lease = db.session.get_one(Lease, old.uuid)
    assert (lease.ended_by, lease.ended_because) == ("ana", "The machine burnt")


def test_one_that_lives_all_the_same_takes_a_new_lease(room, old):
    declare_dead(web_lease(old.uuid), reason="The machine burnt", by=ANA)
    db.session.commit()
    old.renew()

    assert in_the_way(room) == 1
    assert len(live_leases("production")) == 1
    assert db.session.scalar(select(Lease.ended_by).where(Lease.ended_by.is_not(None))) == "ana"


def test_signs_of_life_other_people_and_other_kinds_are_refused(room, old, settings):
    with pytest.raises(Forbidden):
        declare_dead(web_lease(old.uuid), reason="It is in my way", by=OMAR)
    with pytest.raises(NotFound):
        web_lease("nobody")
    db.session.rollback()
    old.renew()
    with pytest.raises(Conflict, match="sign of life"):
        declare_dead(web_lease(old.uuid), reason="It is in my way", by=ANA)
    db.session.rollback()
    worker = LeaseHolder(settings.ops_url, "worker", None, [])
    worker.renew()
    silent(worker)
    with pytest.raises(Conflict):
        declare_dead(web_lease(worker.uuid), reason="It is in my way", by=ANA)


def test_the_page_offers_it_to_admins(room, old, client):
    log_in(client, make_account("omar"))
    path = f"/ops/databases/production/processes/{old.uuid}/death"
    assert "Mark process as dead" not in words(client.page("/ops/databases"))
    assert client.post(path, data={"reason": "gone"}).status_code == 403
    log_in(client, make_account("ana"))
    assert "incompatible" in words(client.page("/ops/databases"))
    client.post(path, data={"reason": "The machine burnt"})

    assert in_the_way(room) == 0
