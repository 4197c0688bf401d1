"""SIGKILL leaves development wholly old or wholly new, and the operation says which."""

import signal

import pytest

from portal.core.storage.database import db
from portal.databases.backups.scratch import scratch_folder, scratch_root
from portal.databases.engines.sqlite import copy as sqlite_copy
from portal.databases.sync import anonymise, service
from portal.databases.sync.results import last_sync
from portal.databases.targets.identity import judge
from portal.jobs.models import Operation, OperationState
from portal.jobs.operations.recovery import reconcile_lost
from portal.jobs.operations.service import perform, request_operation
from tests.databases import stage
from tests.databases.stage import OMAR
from tests.faults.forks import in_a_fork
from tests.faults.moments import kill

pytestmark = pytest.mark.usefixtures("both")


def killed_in_the_middle(arm) -> Operation:
    """A sync whose process kills itself where `arm` says; then what the next start makes of it."""
    operation = request_operation("databases.sync", by=OMAR, target="development")
    number = operation.id
    db.session.commit()

    def run() -> None:
        arm()
        perform(db.session.get_one(Operation, number))

    assert in_a_fork(run) == -signal.SIGKILL
    reconcile_lost()
    return db.session.get_one(Operation, number, populate_existing=True)


def while_cleaning() -> None:
    anonymise._cleaned = lambda *_: kill()


def before_the_swap() -> None:
    service.require_still = lambda _fitting: kill()


def in_the_swap() -> None:
    sqlite_copy.PAGES_AT_ONCE = 3
    restore = sqlite_copy.restore

    def watch(done: int, total: int) -> None:
        if 3 < done < total:
            kill()

    def killed(backup, into, **_more) -> None:
        restore(backup, into, watch=watch if into.name == "development.sqlite3" else None)

    sqlite_copy.restore = killed


def after_the_swap() -> None:
    service.complete = lambda *_args, **_more: kill()


@pytest.mark.parametrize("arm", [while_cleaning, before_the_swap, in_the_swap])
def test_a_kill_before_the_swap_is_done_leaves_the_old(audited, arm):
    development = stage.target_named("development")
    before = stage.content(development)

    operation = killed_in_the_middle(arm)

    assert operation.state is OperationState.FAILED
    assert operation.outcome.endswith("Development is as it was.")
    assert stage.content(development) == before
    assert judge(development).fits
    assert last_sync("development") is None
    assert audited()[-1][:2] != ("sync.started", "intent"), "no intent stays open"
    left = list(scratch_root().glob("copy-*"))
    assert left
    for folder in left:
        stage.make_old(folder)
    with scratch_folder():
        assert not any(folder.exists() for folder in left), "the next one wipes what was left"


def test_a_kill_behind_the_swap_is_found_to_be_done():
    development = stage.target_named("development")
    before = stage.content(development)

    operation = killed_in_the_middle(after_the_swap)

    assert operation.state is OperationState.DONE, operation.outcome
    assert "It was swapped in" in operation.outcome
    assert stage.content(development) != before
    assert judge(development).fits
    assert last_sync("development").operation == operation.uuid
    assert stage.operate("databases.backup", target="development").is_done
