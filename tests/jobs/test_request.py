"""Asking for an operation: the row with the caller's transaction, the queue after it."""

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.audit.actor import NamedActor
from portal.core.errors import NotFound
from portal.core.storage.database import db
from portal.jobs.models import Operation, OperationState, Queue
from portal.jobs.operations.queries import (
    operation_for,
    page_of_operations,
    running_operations,
    waiting_operations,
)
from portal.jobs.operations.service import perform, request_operation
from portal.jobs.worker.queue import enqueued

pytestmark = pytest.mark.usefixtures("app")


def test_the_row_says_who_asked_for_what(omar: NamedActor) -> None:
    operation = request_operation(
        "sample.count", by=omar, target="production", arguments={"to": 1}, subject="run-1"
    )
    assert operation.state is OperationState.WAITING
    assert (operation.title, operation.target, operation.subject) == (
        "Count",
        "production",
        "run-1",
    )
    assert operation.requested_by == omar
    assert waiting_operations() == [operation]


def test_the_queue_hears_of_it_after_the_commit_and_not_before(omar: NamedActor) -> None:
    operation = request_operation("sample.count", by=omar, arguments={"to": 1})
    assert enqueued(Queue.OPERATIONS) == set()
    db.session.commit()
    assert enqueued(Queue.OPERATIONS) == {operation.id}
    assert enqueued(Queue.QUICK) == set()


def test_a_part_of_the_transaction_that_commits_does_not_count(omar: NamedActor) -> None:
    with db.session.begin_nested():
        request_operation("sample.hello", by=omar)
    assert enqueued(Queue.QUICK) == set()
    db.session.commit()
    assert len(enqueued(Queue.QUICK)) == 1


def test_a_rollback_forgets_it(omar: NamedActor) -> None:
    request_operation("sample.hello", by=omar)
    db.session.rollback()
    db.session.commit()
    assert enqueued(Queue.QUICK) == set()
    assert db.session.scalar(select(func.count()).select_from(Operation)) == 0


def test_an_unknown_job_is_refused_at_once(omar: NamedActor) -> None:
    with pytest.raises(NotFound, match="sample.nothing"):
        request_operation("sample.nothing", by=omar)


def test_a_queue_that_can_not_be_written_leaves_the_operation_waiting(
    app: Flask, omar: NamedActor, caplog: pytest.LogCaptureFixture
) -> None:
    (app.extensions["portal.settings"].data / "jobs.sqlite3").mkdir()
    operation = request_operation("sample.hello", by=omar)
    db.session.commit()
    assert operation.state is OperationState.WAITING
    assert "waits for the worker to find it" in caplog.text


def test_operations_are_found_by_their_state(omar: NamedActor) -> None:
    first = request_operation("sample.hello", by=omar, subject="run-1")
    second = request_operation("sample.hello", by=omar, subject="run-1")
    third = request_operation("sample.hello", by=omar)
    assert page_of_operations().items[:2] == [third, second]
    assert running_operations() == []
    assert operation_for(first.id) is first


def test_an_operation_that_is_not_there_is_not_found() -> None:
    with pytest.raises(NotFound):
        operation_for(4711)


def test_a_finished_operation_waits_no_more(omar: NamedActor) -> None:
    perform(request_operation("sample.hello", by=omar))
    assert waiting_operations() == []
