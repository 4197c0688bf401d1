"""SIGKILL between a failed verification and the end of the return: old or new, and that is said."""

import os
import re
import signal

import pytest
from sqlalchemy import select

from portal.core.storage.database import db
from portal.databases.changes import automatic_rollback
from portal.databases.engines.sqlite import copy as sqlite_copy
from portal.databases.restores import restore
from portal.databases.status.overview import overview_of
from portal.databases.status.safeguards import layers_of
from portal.databases.targets.identity import judge
from portal.jobs.models import Operation, OperationState
from portal.jobs.operations.recovery import reconcile_lost
from tests.databases import stage
from tests.databases.revising import EXPAND, write_revision
from tests.databases.stage import ANA, approved
from tests.databases.test_return import events, production
from tests.faults import moments
from tests.faults.forks import in_a_fork
from tests.support.cast import log_in, make_account
from tests.support.databases import HEAD

__all__ = ["production"]  # the fixture
PHRASE = "RESTORE PRODUCTION"


def kill(*_args, **_more) -> None:
    moments.kill()


def in_the_middle() -> None:
    """Kill when some pages are copied back and some are not."""
    original, sqlite_copy.PAGES_AT_ONCE = sqlite_copy.restore, 5

    def watch(done: int, total: int) -> None:
        if 0 < done < total:
            moments.kill()

    sqlite_copy.restore = lambda backup, into, **_: original(backup, into, watch=watch)


MOMENTS = {
    "before it is looked at": lambda: setattr(automatic_rollback, "verify_database", kill),
    "before the backup goes back": lambda: setattr(
        automatic_rollback, "restore_before_change", kill
    ),
    "in the middle": in_the_middle,
}


def killed(arm) -> Operation:
    """Carry out a change that does not verify, killed in its return; what the next start finds."""
    run = approved(stage.start()).run

    def change() -> None:
        arm()
        stage.operate("databases.migrate", run=run)

    assert in_a_fork(change) == -signal.SIGKILL
    reconcile_lost()
    db.session.rollback()
    query = select(Operation).where(Operation.kind == "databases.migrate")
    return db.session.scalars(query.order_by(Operation.id.desc())).first()


def named_in(operation: Operation) -> str:
    """The backup that the outcome tells to go back to."""
    return re.search(r"restore production (production-[\w-]+)", operation.outcome)[1]


def told(target) -> tuple[bool, str]:
    """What the databases page and `flask databases status` show of it."""
    [layer] = [each for each in layers_of(overview_of(target)) if each.name == "Automatic rollback"]
    return layer.holds, f"{layer.sentence} {layer.remedy}"


@pytest.mark.parametrize("moment", list(MOMENTS))
def test_what_was_not_put_back_is_named_with_the_way_back(production, client, moment):
    before = stage.content(production)
    operation = killed(MOMENTS[moment])
    changed = stage.content(production)

    assert operation.state is OperationState.DONE, "what was committed is done, whatever it holds"
    assert "does not verify: After aaaaaaaaaaaa this does not hold" in operation.outcome
    assert "It was not undone: production is at aaaaaaaaaaaa, as the change left it." in (
        operation.outcome
    )
    assert stage.revision(production) == EXPAND
    assert judge(production).fits
    assert {**changed.counts, "portal_journal": 0} == {**before.counts, "portal_journal": 0}
    name = named_in(operation)
    way_back = f"flask databases restore production {name}"
    assert way_back in operation.outcome
    holds, words = told(production)
    assert (holds, way_back in words) == (False, True)
    log_in(client, make_account("ana"))
    assert "does not verify" in client.page("/ops/databases").get_text()
    home = client.page("/ops")
    assert "does not verify" in home.get_text()
    assert home.select_one(f'a[href="/ops/backups/{name}/restore"]'), "the way back is one step"

    again = stage.operate(
        "databases.restore", by=ANA, backup=name, text=PHRASE, target="production"
    )
    assert again.is_done, again.outcome
    assert stage.content(production) == before
    assert told(production)[0]


def test_what_was_put_back_is_known_to_be_though_people_have_written_since(production):
    before = stage.content(production)
    write = "UPDATE users SET display_name = 'Since' WHERE id = 1"

    def arm() -> None:
        def written_and_killed(target, *_args, **_more):
            stage.execute(target, write)
            os.kill(os.getpid(), signal.SIGKILL)

        restore.record_restored = written_and_killed

    operation = killed(arm)
    assert operation.state is OperationState.FAILED
    assert operation.outcome.endswith("Its backup was put back.")
    assert stage.revision(production) == HEAD
    assert stage.content(production).differs_in(before) == ["users"]
    assert told(production)[0]
    assert events("verification", "restore") == [
        ("verification.failed", "failed"),
        ("restore.started", "intent"),
        ("restore.finished", "done"),
    ]


def test_whoever_mends_what_did_not_hold_and_verifies_needs_no_way_back(production, history):
    operation = killed(MOMENTS["before the backup goes back"])
    assert not told(production)[0]
    write_revision(history, more="verifications = []")

    assert stage.operate("databases.verify", run=operation.subject).is_done
    assert told(production)[0]
