"""SIGKILL of the child, of the worker, of both: the change is there or not, and that is said."""

from portal.databases.engines.copies import copier_for
from portal.jobs.models import OperationState
from tests.databases import stage
from tests.databases.stage import approved
from tests.databases.test_faults_worker import change_killed, marks
from tests.jobs.conftest import worker

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
    for who, then in (("both", "commit"), ("child", "commit"), ("worker", "committed")):
        operation = change_killed(run, who, worker, marks, monkeypatch, then=then)
        assert operation.state is OperationState.FAILED, who
        assert operation.outcome.endswith("Nothing was changed."), who
        assert copier_for(production.url).content() == before, who

    operation = change_killed(run, "both", worker, marks, monkeypatch)
    assert operation.state is OperationState.DONE, operation.outcome
    assert "It was committed" in operation.outcome
    assert stage.revision(production) == stage.HEAD
