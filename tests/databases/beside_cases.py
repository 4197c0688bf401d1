"""What holds of the leases beside a target on either engine: each file of tests brings its own
`production`, at the legacy schema and known to this control room."""

import json
import shutil
from contextlib import contextmanager
from datetime import timedelta
from unittest import mock

import pytest
import time_machine
from sqlalchemy import select

from portal.audit.models import AuditEntry
from portal.core.clock import now
from portal.core.errors import Refused
from portal.core.storage.database import db, reading
from portal.databases.backups.files import file_of
from portal.databases.backups.models import Backup
from portal.databases.engines import engine_for
from portal.databases.engines.copies import copier_for
from portal.databases.policies.drift import drift_of
from portal.databases.policies.release_gate import refuse_unless_served
from portal.databases.policies.target_leases import neighbours, place_of
from portal.databases.status.check import check_targets
from portal.databases.targets.adoption import adopt, phrase_for, what_stands
from portal.databases.targets.identity import IdentityState, judge
from portal.databases.targets.models import RegisteredTarget
from portal.databases.targets.registry import control_room
from portal.databases.tasks import targets as room_tasks
from portal.jobs.leases import observing
from portal.jobs.leases.holder import LeaseHolder, live_leases
from portal.jobs.models import Lease, LeaseKind
from tests.databases import stage
from tests.databases.rooms_at import inside, living, second_room
from tests.databases.stage import ANA, HEAD, LEGACY
from tests.support.leases import let_leases_run_out


def nobody_left(target) -> None:
    """Two looks at the place between which nobody renewed, with no patience at all."""
    place_of(target).observe()
    with mock.patch.object(observing, "TTL", timedelta(0)):
        place_of(target).observe()


def refusal(target, revision=HEAD) -> str:
    with pytest.raises(Refused) as refused:
        refuse_unless_served(target, revision)
    db.session.rollback()
    return str(refused.value)


def recorded(action: str) -> list[dict]:
    query = select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.seq)
    return [json.loads(each.canonical)["details"] for each in db.session.scalars(query)]


def rows(target):
    return place_of(target).read().leases


@pytest.fixture
def other(app, production, settings, tmp_path, empty_ops):
    """A second control room at this production; the first is this one."""
    return second_room(settings, tmp_path / "second", empty_ops)


def tick():
    db.session.rollback()
    room_tasks.look_after_places()


def test_a_process_that_lost_ops_keeps_every_change_away(production, settings):
    """Though it could serve what the change leads to; and so does one that never heard of ops."""
    with living(settings.ops_url, production) as site:
        refuse_unless_served(production, HEAD)
        db.session.rollback()
        let_leases_run_out()
        assert live_leases() == []
        said = refusal(production)
        assert f"web process {site.pid}" in said
        assert "does not know to live" in said
    refuse_unless_served(production, HEAD)
    db.session.rollback()
    gone = settings.ops_url.set(database=f"file:{settings.data}/no-ops.sqlite3")
    with living(gone, production) as site:
        assert f"web process {site.pid}" in refusal(production, LEGACY)


def test_a_copy_of_this_control_room_is_distinguished_by_its_processes(
    production, settings, tmp_path
):
    """Same id, same key, restored elsewhere: while both live, neither changes anything."""
    db.session.commit()
    for engine in db.engines.values():
        engine.dispose()
    copy = tmp_path / "copy.sqlite3"
    shutil.copy(settings.data / "ops.sqlite3", copy)
    with living(settings.ops_url.set(database=f"file:{copy}"), production) as theirs:
        assert theirs._room[0] == control_room().uuid
        assert "or a copy of this control room runs" in refusal(production)


def test_another_control_rooms_processes_close_the_gate_by_its_name(production, other):
    with living(other.extensions["portal.settings"].ops_url, production) as theirs:
        said = refusal(production)
        assert "another control room (the-other)" in said
        assert f"web process {theirs.pid}" in said
        [checked] = [each for each in check_targets() if each.target.name == "production"]
        assert any("the-other" in note for note in checked.notes)
    refuse_unless_served(production, HEAD)


def test_the_dead_are_taken_away_by_whoever_watched_them_and_by_no_clock(production, settings):
    with living(settings.ops_url, production) as site:
        let_leases_run_out()
        for hours in (-1, 1, 9000):
            with time_machine.travel(now() + timedelta(hours=hours), tick=True):
                place_of(production).observe()
            assert [each.uuid for each in rows(production)] == [site.uuid]
        place_of(production).observe()
        place_of(production).renew(site._beside_row())
        with mock.patch.object(observing, "TTL", timedelta(0)):
            place_of(production).observe()  # it gave a sign of life since the last look
        assert rows(production)
        nobody_left(production)
        assert rows(production) == []
        refuse_unless_served(production, HEAD)
        db.session.rollback()
        site.beside.renew()  # it lives all the same, and stands there again
        assert "does not know to live" in refusal(production)


def test_a_place_that_was_taken_away_closes_the_gate_until_everybody_could_write(
    production, settings, take_away
):
    with living(settings.ops_url, production):
        tick()
    number = db.session.get(RegisteredTarget, "production").lease_place
    assert number == place_of(production).read().place
    take_away(production)
    assert "were taken away, or the database was swapped" in refusal(production)
    assert "were taken away" in refusal(production)
    tick()
    assert "were taken away" in refusal(production)
    with mock.patch.object(observing, "TTL", timedelta(0)):
        place_of(production).observe()
        tick()
    refuse_unless_served(production, HEAD)
    assert db.session.get(RegisteredTarget, "production").lease_place != number


def test_a_place_that_cannot_be_read_refuses_change_restore_and_adoption(
    production, settings, break_place
):
    taken = stage.operate("databases.backup")
    assert taken.is_done, taken.outcome
    with living(settings.ops_url, production):
        pass
    break_place(production)
    said = refusal(production, LEGACY)
    assert "The leases beside production can’t be read" in said
    name = db.session.scalars(select(Backup)).one().name
    restored = stage.operate("databases.restore", by=ANA, backup=name, text="RESTORE PRODUCTION")
    assert restored.state.value == "refused"
    assert "can’t be read" in restored.outcome
    db.session.delete(db.session.get(RegisteredTarget, "production"))
    db.session.commit()
    with pytest.raises(Refused, match="can’t be read"):
        adopt(production, phrase="ADOPT PRODUCTION", reason="T", by=ANA)
    db.session.rollback()
    assert not judge(production).fits


def test_leases_are_in_no_digest_backup_drift_or_count(production, settings):
    copier, engine = copier_for(production.url), engine_for(production.url)
    before = copier.content()
    with engine.reading() as connection:
        schema, counts = engine.schema_digest(connection), engine.count_rows(connection)
    with living(settings.ops_url, production) as site:
        site.beside.renew()
        taken = stage.operate("databases.backup")
        assert taken.is_done, taken.outcome
        assert copier.content().digest == before.digest
        with engine.reading() as connection:
            assert engine.schema_digest(connection) == schema
            assert engine.count_rows(connection) == counts
            assert drift_of(production, connection) is None
            assert not any("lease" in name for name in engine.tables(connection))
        backup = db.session.scalars(select(Backup)).one()
        assert site.uuid.encode() not in file_of(backup).read_bytes()
        assert not any("lease" in name for name in backup.counts)


def test_a_restore_keeps_who_lives_and_the_place(production, settings):
    assert stage.operate("databases.backup").is_done
    name = db.session.scalars(select(Backup)).one().name
    with living(settings.ops_url, production) as site:
        tick()
        number = place_of(production).read().place
        restored = stage.operate(
            "databases.restore", by=ANA, backup=name, text="RESTORE PRODUCTION"
        )
        assert restored.is_done, restored.outcome
        assert [each.uuid for each in rows(production)] == [site.uuid]
        assert place_of(production).read().place == number
        site.beside.renew()
        [row] = rows(production)
        assert row.renewals > 1
        let_leases_run_out()
        assert f"web process {site.pid}" in refusal(production)


def test_a_second_control_room_says_whose_it_is_and_the_first_shows_it(
    production, settings, other, app
):
    first = control_room()
    first.title = "the-first"
    tick()  # a label of an earlier release learns whose it is
    stage.operate("databases.backup")
    title = first.title
    with living(settings.ops_url, production) as site, inside(other) as theirs:
        judgement = judge(theirs)
        assert f"Its label is another control room’s: {title}" in judgement.sentence
        assert phrase_for(theirs, judgement) == "TAKE OVER PRODUCTION"
        place_of(theirs).observe()
        assert neighbours(theirs).unknown
        site.beside.renew()
        place_of(theirs).observe()
        said = " ".join(what_stands(theirs, judgement))
        assert f"Alive: web process {site.pid}" in said
        for phrase in ("ADOPT PRODUCTION", "RE-ANCHOR PRODUCTION", "take over production"):
            with pytest.raises(Refused, match="TAKE OVER PRODUCTION"):
                adopt(theirs, phrase=phrase, reason="Ours now", by=ANA)
            db.session.rollback()
        adopt(theirs, phrase="TAKE OVER PRODUCTION", reason="Ours now", by=ANA)
        details = recorded("target.adopted")[-1]
        assert details["room_title"] == title
        assert str(site.pid) in " ".join(details["processes"])
        assert judge(theirs).fits
        assert f"another control room ({title})" in refusal(theirs)

    told = judge(production)
    assert told.state is IdentityState.TAKEN
    assert "took production over: the-other" in told.sentence
    tick()
    tick()
    assert [each["room_title"] for each in recorded("target.taken-over")] == ["the-other"]
    backup = db.session.scalars(select(Backup)).one()
    for kind, said in (("migrate", "ticket"), ("rehearse", "took production over")):
        ended = stage.operate(f"databases.{kind}", backup=backup.name)
        assert ended.state.value == "refused"
        assert said in (ended.outcome or "")
    restored = stage.operate(
        "databases.restore", by=ANA, backup=backup.name, text="RESTORE PRODUCTION"
    )
    assert "took production over" in (restored.outcome or "")
    [checked] = [each for each in check_targets() if each.target.name == "production"]
    assert "took production over: the-other" in checked.faults[0]


def test_what_a_wrong_clock_wrote_is_unknown_and_never_none(production, other, settings):
    theirs = other.extensions["portal.settings"].ops_url
    with time_machine.travel(now() + timedelta(days=2), tick=True):
        holder = living(theirs, production)
        site = holder.__enter__()
    try:
        place_of(production).observe()
        with time_machine.travel(now() + timedelta(days=2), tick=True):
            place_of(production).renew(site._beside_row())
        place_of(production).observe()
        assert place_of(production).observer.lives(site.uuid)
        found = neighbours(production)
        assert [each.uuid for each in found.live + found.unknown] == [site.uuid]
        if engine_for(production.url).sees_sessions is False:
            site_row = found.unknown[0]
            assert "Unknown whether alive" in " ".join(found.sentences)
            assert site_row.room_title == "the-other"
    finally:
        holder.__exit__(None, None, None)
    assert neighbours(production).sentences == [
        "No process of it is registered beside the database."
    ]


def test_a_process_that_begins_after_the_changes_own_look_at_ops_is_known(production, settings):
    """A change reads ops in one transaction for as long as it takes."""
    place = place_of(production)
    db.session.rollback()
    with reading(), inside_a_look_at_ops():
        begun = LeaseHolder(settings.ops_url, LeaseKind.COMMAND, None, [])
        begun.renew()
        begun.stand_at([place])
        try:
            refuse_unless_served(production, HEAD)
        finally:
            begun.end()


@contextmanager
def inside_a_look_at_ops():
    assert db.session.scalars(select(Lease)).all() == []
    yield
    assert db.session.scalars(select(Lease)).all() == [], "this transaction goes on"
    db.session.rollback()
