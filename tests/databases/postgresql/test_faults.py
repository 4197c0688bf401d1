"""SIGKILL at five points of the consolidation; two admins with one plan."""

import os
import signal

from portal.core.storage.database import db
from portal.databases.changes.journal import entry
from portal.databases.engines import engine_for
from portal.databases.engines.copies import copier_for
from portal.jobs.models import Operation, OperationState
from portal.jobs.operations.service import request_operation
from tests.databases import stage
from tests.databases.stage import OMAR, approved
from tests.databases.test_migrate import migrate
from tests.faults import moments
from tests.faults.forks import alone, in_a_fork

POINTS = (1, 50, 110)


def killed_at(moment: str, run: str, database: str) -> int:
    def change() -> None:
        moments.arm(moment, moments.kill, file=database)
        assert migrate(run).is_done

    return in_a_fork(change)


def test_a_kill_at_five_points_leaves_all_as_it_was_or_all_of_it(production, database):
    ticket = approved(stage.start())
    run, number = ticket.run, ticket.number
    before = copier_for(production.url).content()

    for moment in (*(f"statement:{point}" for point in POINTS), "commit"):
        assert killed_at(moment, run, database) == -signal.SIGKILL, moment
        assert copier_for(production.url).content() == before, moment
        assert stage.revision(production) == stage.LEGACY

    assert killed_at("committed", run, database) == -signal.SIGKILL
    assert stage.revision(production) == stage.HEAD
    with engine_for(production.url).reading() as connection:
        assert entry(connection, number)
    after = copier_for(production.url).content()
    assert migrate(run).is_done, "the run goes on with the change that is there"
    assert copier_for(production.url).content() == after, "and does not carry it out again"


def test_of_two_admins_with_one_plan_one_applies_it(production, tmp_path):
    run = approved(stage.start()).run
    operations = [
        request_operation("databases.migrate", by=OMAR, target="production", subject=run)
        for _ in range(2)
    ]
    db.session.commit()
    ids = [operation.id for operation in operations]

    def carry_out_first() -> None:
        moments.arm("statement:40", moments.wait_in(tmp_path), file=production.url.database)
        stage.carry_out(ids[0])

    other = alone(carry_out_first)
    moments.wait_until(tmp_path / "reached")
    (tmp_path / "go").touch()
    stage.carry_out(ids[1])
    db.session.rollback()  # whoever holds the ops database would keep the other from its end
    os.waitpid(other, 0)
    first, second = (db.session.get_one(Operation, each) for each in ids)

    assert first.is_done, first.outcome
    assert second.state is OperationState.REFUSED, second.outcome
    assert stage.revision(production) == stage.HEAD
