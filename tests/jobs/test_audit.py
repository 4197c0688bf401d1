"""Every operation leaves in the audit log who asked for it, its beginning and its end, each in the
transaction that it stands in."""

import pytest
from sqlalchemy import select

from portal.audit.actor import SYSTEM, NamedActor
from portal.audit.models import AuditEntry
from portal.core.storage.database import db
from portal.jobs.models import Operation
from portal.jobs.operations.lifecycle import operation_finished
from portal.jobs.operations.service import perform, request_operation

pytestmark = pytest.mark.usefixtures("app")


def recorded() -> list[tuple[str, str, str | None]]:
    entries = db.session.scalars(select(AuditEntry).order_by(AuditEntry.seq))
    return [(entry.action, str(entry.outcome), entry.target) for entry in entries]


def test_the_intent_and_the_outcome_are_recorded(omar: NamedActor) -> None:
    perform(request_operation("sample.hello", by=omar, target="production"))
    assert recorded() == [
        ("operation.requested", "done", "production"),
        ("operation.started", "intent", "production"),
        ("operation.finished", "done", "production"),
    ]


def test_a_refusal_is_recorded_under_its_own_name_too(omar: NamedActor) -> None:
    perform(request_operation("sample.refuse", by=omar))
    assert recorded() == [
        ("operation.requested", "done", None),
        ("operation.started", "intent", None),
        ("sample.refused", "refused", "production"),
        ("operation.finished", "refused", None),
    ]


def test_a_failure_is_recorded(omar: NamedActor) -> None:
    perform(request_operation("sample.break", by=omar))
    assert recorded()[-1] == ("operation.finished", "failed", None)


def test_whoever_listens_writes_into_the_same_transaction(omar: NamedActor) -> None:
    seen: list[tuple[int, bool]] = []

    def listen(operation: Operation) -> None:
        seen.append((operation.id, db.session().in_nested_transaction()))
        operation.label = "heard"

    with operation_finished.connected_to(listen):
        operation = perform(request_operation("sample.hello", by=omar))
    assert seen == [(operation.id, True)]
    assert operation.label == "heard"


def test_a_listener_that_fails_does_not_undo_the_end(
    omar: NamedActor, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(operation: Operation) -> None:
        operation.label = "half"
        raise ValueError

    with operation_finished.connected_to(fail):
        operation = perform(request_operation("sample.hello", by=omar))
    assert operation.is_done
    assert operation.label == ""
    assert "What follows on operation" in caplog.text


def test_what_the_schedule_asks_for_is_known_by_its_start() -> None:
    request_operation("sample.hello", by=SYSTEM)
    db.session.commit()
    assert recorded() == []
