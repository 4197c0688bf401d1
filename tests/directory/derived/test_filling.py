"""The worker fills in batches, goes on after a kill, keeps its hands off while others work, and
compares once a day."""

import os
import signal
import threading
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import time_machine
from sqlalchemy import Connection, select

import portal.databases.tasks.changes  # noqa: F401 — registers the jobs
from portal.core.clock import now
from portal.core.storage.database import db
from portal.databases.engines import engine_for
from portal.databases.engines.derived import derived_state
from portal.databases.policies.maintenance import begin_maintenance, end_maintenance
from portal.databases.public_version.version import EVERY_STUDIO, LISTS, UNSEEN
from portal.databases.targets.config import Target
from portal.databases.targets.registry import registered_target
from portal.directory import tasks
from portal.directory.derived import filling
from portal.directory.derived.counts import COUNTS
from portal.directory.derived.progress import progress_of
from portal.directory.derived.registry import Among
from portal.jobs.models import Operation, OperationState
from portal.jobs.processes import process_identity, this_host
from tests.databases import stage
from tests.databases.stage import ANA
from tests.databases.test_check import operation
from tests.directory.derived.conftest import fill
from tests.directory.derived.looking import by_hand, content_version, differing, whole
from tests.directory.derived.test_upkeep import review
from tests.faults.forks import in_a_fork
from tests.support.cast import log_in, make_account
from tests.support.pages import words

BOTH = {"ratings", "counts", "search", "admin"}


def tick() -> None:
    """As often as it takes: on a busy machine the time of a tick is enough for one batch.

    To the second look that finds nothing to do, since the first may have met a lock.
    """
    idle = 0
    while idle < 2:
        idle = idle + 1 if tasks.fill_what_is_derived() is None else 0


def state(target: Target) -> dict[str, tuple[int, bool]]:
    with engine_for(target.url).reading() as connection:
        rows = connection.execute(select(derived_state)).all()
    return {row.derived: (row.filled_to, row.is_whole) for row in rows}


def test_the_worker_fills_what_a_revision_made(expanded: Target):
    tick()
    assert (whole(expanded), differing(expanded)) == (BOTH, {})


def test_its_progress_is_shown(expanded: Target, monkeypatch: pytest.MonkeyPatch):
    """On the databases page, and at a terminal."""
    monkeypatch.setattr(filling, "STUDIOS_AT_ONCE", 5)
    assert told(expanded) == ["kept figures: being filled", "search index: being filled"]
    seen = []
    while not seen or not seen[-1].endswith("complete, 18 studios"):
        fill(expanded, batches=1)
        seen.append(told(expanded)[-1])
    assert "search index: being filled: 5 of 18 studios" in seen
    assert "search index: being filled: 15 of 18 studios" in seen
    assert told(expanded)[0] == "kept figures: complete"
    by_hand(expanded, "UPDATE derived_state SET rule = 99")
    assert all(each.endswith("not used by this one") for each in told(expanded))


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_the_databases_page_and_the_terminal_say_it(expanded: Target, client, app):
    log_in(client, make_account("ana"))
    while ": 6 of 18" not in told(expanded)[-1]:
        fill(expanded, batches=1)
    db.session.rollback()
    page = client.page("/ops/databases?database=development")
    row = page.select_one("#filled-development-2")
    assert "being filled: 6 of 18 studios. The worker is not running." in words(row)
    assert (row.progress["value"], row.progress["max"]) == ("6", "18")
    assert row["hx-trigger"] == "every 3s"
    said = app.test_cli_runner().invoke(args=["databases", "status"]).output
    assert "search index: being filled: 6 of 18 studios" in said
    fill(expanded)
    db.session.rollback()
    row = client.page("/ops/databases?database=development").select_one("#filled-development-2")
    assert words(row) == "complete, 18 studios"
    assert not row.has_attr("hx-get")


def told(target: Target) -> list[str]:
    db.session.rollback()
    return [f"{each.name}: {each.sentence}" for each in progress_of(target)]


def test_nothing_is_written_where_there_are_no_tables(directory: Target):
    tick()
    assert told(directory) == []
    with engine_for(directory.url).reading() as connection:
        assert "derived_state" not in engine_for(directory.url).tables(connection)


def test_nothing_is_filled_while_it_must_not_be(expanded: Target):
    begin_maintenance(expanded, because="Moving", by=ANA)
    tick()
    assert state(expanded) == {}
    end_maintenance(expanded, by=ANA)

    running = operation(
        OperationState.RUNNING, "Restore", kind="databases.restore", target="development",
        host=this_host(), process=process_identity(os.getpid()), started_at=now(),
    )  # fmt: skip
    db.session.commit()
    tick()
    assert state(expanded) == {}
    db.session.delete(running)
    db.session.commit()

    by_hand(expanded, "UPDATE alembic_version SET version_num = 'ffff'")
    tick()
    assert state(expanded) == {}
    by_hand(expanded, f"UPDATE alembic_version SET version_num = '{stage.HEAD}'")
    tick()
    assert whole(expanded) == BOTH


def test_maintenance_that_begins_beside_the_control_room_counts(expanded: Target):
    """The row in the directory alone: the control room's record came a moment later."""
    begin_maintenance(expanded, because="Moving", by=ANA)
    known = registered_target("development")
    assert known
    known.maintenance_since = None
    db.session.commit()
    tick()
    assert state(expanded) == {}


def test_a_killed_worker_goes_on_after_the_batches_that_were_committed(
    expanded: Target, monkeypatch: pytest.MonkeyPatch
):
    """What was put in twice would count twice."""
    put_in, seen = COUNTS.put_in, list[Among]()

    def killed_at_the_third(connection: Connection, among: Among) -> None:
        put_in(connection, among)
        seen.append(among)
        if len(seen) == 3:
            os.kill(os.getpid(), signal.SIGKILL)

    broken = [replace(COUNTS, put_in=killed_at_the_third)]
    with monkeypatch.context() as patched:
        patched.setattr(filling, "all_derived", lambda: broken)
        assert in_a_fork(lambda: fill(expanded)) == -signal.SIGKILL

    filled_to, is_whole = state(expanded)["counts"]
    assert (filled_to > 0, is_whole) == (True, False)
    fill(expanded)
    assert (whole(expanded), differing(expanded)) == (BOTH, {})


def test_a_change_that_is_not_committed_yet_is_waited_for(
    expanded: Target, monkeypatch: pytest.MonkeyPatch
):
    """The fill would count the review as it was, and the upkeep had nothing to take out of."""
    monkeypatch.setattr(filling, "STUDIOS_AT_ONCE", 1000)
    fill(expanded, batches=3)
    assert len(whole(expanded)) == 1
    review().rating = 1
    db.session.flush()
    filler = threading.Thread(target=fill, args=(expanded,))
    filler.start()
    filler.join(1)
    assert filler.is_alive()
    db.session.commit()
    filler.join(20)
    assert (whole(expanded), differing(expanded)) == (BOTH, {})


def compared() -> str:
    ended = stage.operate("directory.compare-kept", target="development")
    assert ended.is_done, ended.outcome
    return ended.outcome or ""


def test_the_daily_comparison_finds_what_passed_the_session_by(kept: Target, client, caplog):
    assert compared() == "4 kept, all as they should be."
    by_hand(
        kept,
        "UPDATE reviews SET rating = 1",
        "UPDATE studio_profiles SET city = 'Ulm' WHERE id < 9",
        "DELETE FROM studio_studio_types WHERE studio_id = 3",
    )
    said = compared()
    assert "The kept ratings of development differed in" in said
    assert "The kept counts of development differed in" in said
    assert "The kept ratings of development differed in" in caplog.text
    assert whole(kept) == set()
    assert "Ulm" in client.get("/").text
    tick()
    assert (whole(kept), differing(kept)) == (BOTH, {})
    assert compared() == "4 kept, all as they should be."


def test_what_was_wrong_is_in_no_kept_page_after_the_comparison(expanded: Target):
    """Pages that hang on it are made anew at once. Of a fill they change once: when the search
    answers from its index."""
    before = content_version(expanded)
    tasks.fill_what_is_derived()
    tick()
    filled = content_version(expanded)
    assert whole(expanded) == BOTH
    assert filled.pop(UNSEEN, 0) > before.pop(UNSEEN, 0)
    assert {key: filled[key] - before.get(key, 0) for key in filled} == {LISTS: 1, EVERY_STUDIO: 1}
    assert compared() == "4 kept, all as they should be."
    by_hand(expanded, "UPDATE derived_ratings SET total = total + 1")
    compared()
    raised = content_version(expanded)
    assert raised[LISTS] > before.get(LISTS, 0)
    assert raised[EVERY_STUDIO] > before.get(EVERY_STUDIO, 0)


def test_it_compares_nothing_where_nothing_is_kept(directory: Target):
    assert compared() == "Nothing is kept in development."


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_it_is_asked_for_once_a_day(kept: Target):
    with time_machine.travel(datetime(2026, 11, 10, 12, tzinfo=UTC), tick=False) as clock:
        tasks.begin_comparison()
        clock.move_to(datetime(2026, 11, 11, 3, 40, tzinfo=UTC))
        for _ in range(3):
            tasks.begin_comparison()
    asked = db.session.scalars(select(Operation)).all()
    assert [(each.kind, each.target) for each in asked] == [
        ("directory.compare-kept", "development")
    ]


def test_the_comparison_leaves_what_a_newer_release_made(kept: Target):
    by_hand(
        kept,
        "UPDATE derived_state SET rule = rule + 1",
        "UPDATE derived_ratings SET total = total + 1",
    )
    before = state(kept)
    assert compared() == "Nothing whole by this release's rules is kept in development."
    assert state(kept) == before
