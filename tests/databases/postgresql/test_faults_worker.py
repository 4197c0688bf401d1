"""SIGKILL of the child, of the worker, of both: the change is there or not, and that is said."""

from portal.core.database import db
from portal.databases.engines.copies import copier_for
from portal.jobs.models import Operation, OperationState
from portal.jobs.service import request_operation
from tests.databases import stage
from tests.databases.stage import OMAR, approved
from tests.databases.test_faults_worker import kill, marks
from tests.faults import moments
from tests.jobs.conftest import wait_for_end, worker

__all__ = ["marks", "worker"]  # the fixtures


def test_whoever_is_killed_the_change_is_wholly_there_or_not(
    production, database, settings, worker, marks, monkeypatch
):
    """One ticket lasts for all of them, since what was killed before COMMIT did not use it."""
    monkeypatch.setenv("PRODUCTION_DATABASE_URL", production.url.render_as_string(False))
    monkeypatch.setenv("FAULT_ON", database)
    monkeypatch.setenv("FAULT_AT", "statement:90")
    run = approved(stage.start()).run
    before = copier_for(production.url).content()
    worker.start()

    def ended(who: str, then: str) -> Operation:
        """Ask for the change, kill at the moment, and have the next one stop at another."""
        asked = request_operation("databases.migrate", by=OMAR, target="production", subject=run)
        db.session.commit()
        moments.wait_until(marks / "reached")
        monkeypatch.setenv("FAULT_AT", then)
        kill(who, worker, marks)
        wait_for_end(asked, within=60)
        for mark in marks.iterdir():
            mark.unlink()
        return asked

    for who, then in (("both", "commit"), ("child", "commit"), ("worker", "committed")):
        operation = ended(who, then)
        assert operation.state is OperationState.FAILED, who
        assert operation.outcome.endswith("Nothing was changed."), who
        assert copier_for(production.url).content() == before, who

    operation = ended("both", "never")
    assert operation.state is OperationState.DONE, operation.outcome
    assert "It was committed" in operation.outcome
    assert stage.revision(production) == stage.HEAD
