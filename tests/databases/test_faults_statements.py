"""SIGKILL at statements of a change: as before, and the next run succeeds."""

import signal

import pytest

from portal.databases.changes.journal import entry
from portal.databases.engines import engine_for
from tests.databases import stage
from tests.databases.test_migrate import migrate
from tests.faults import moments
from tests.faults.forks import in_a_fork
from tests.support.trials import IN_TRIALS

pytestmark = pytest.mark.usefixtures("app")
ENOUGH = 900
# Each statement in `make trials`; the suite kills at every fifty-third: what is committed too early
# is there at every kill after it, and the last one comes right before COMMIT.
STEP = 1 if IN_TRIALS else 53


def killed_at(moment: str, run: str) -> int:
    def change() -> None:
        moments.arm(moment, moments.kill, file="production.sqlite3")
        assert migrate(run).is_done

    return in_a_fork(change)


@pytest.mark.timeout(900)
def test_a_kill_at_any_statement_leaves_all_as_it_was(ticket):
    target = stage.target_named("production")
    run, before = ticket.run, stage.content(target)

    for number in range(1, ENOUGH, STEP):
        ended = killed_at(f"statement:{number}", run)
        if ended == 0 and number > 100:
            break  # it has fewer statements, and was carried out
        assert ended == -signal.SIGKILL
        if stage.revision(target) == stage.HEAD:
            break  # it was killed behind COMMIT, while the change was verified
        assert stage.content(target) == before, f"killed at statement {number}"

    assert number > 100, "the consolidation has more statements than that"
    again = migrate(run)
    assert "carried out already" in again.outcome
    with engine_for(target.url).reading() as connection:
        assert entry(connection, ticket.number), "the change is there with its journal"


def test_a_kill_before_commit_leaves_all_as_it_was_and_the_next_run_succeeds(ticket):
    target = stage.target_named("production")
    run, before = ticket.run, stage.content(target)

    assert killed_at("commit", run) == -signal.SIGKILL
    assert stage.content(target) == before

    assert migrate(run).is_done
    assert stage.revision(target) == stage.HEAD


def test_a_kill_after_commit_leaves_all_of_it_with_its_journal(ticket):
    target = stage.target_named("production")
    run, number = ticket.run, ticket.number

    assert killed_at("committed", run) == -signal.SIGKILL

    assert stage.revision(target) == stage.HEAD
    with engine_for(target.url).reading() as connection:
        assert entry(connection, number)
    after = stage.content(target)
    assert migrate(run).is_done, "the run goes on with the change that is there"
    assert stage.content(target) == after, "and does not carry it out again"
