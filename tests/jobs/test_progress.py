"""Progress beside transactions: live when it can be, kept in order when it can't."""

from dataclasses import dataclass

import pytest
from flask import Flask
from sqlalchemy import text

from portal.audit.actor import NamedActor
from portal.core.configuration.settings import Settings
from portal.core.storage.database import db
from portal.core.storage.sqlite import SchemaAccess, open_sqlite
from portal.jobs.leases.holder import end_lease, take_lease
from portal.jobs.models import Operation, OperationState
from portal.jobs.operations import progress as progressing
from portal.jobs.operations.progress import RETRY_SECONDS, Interrupted, Progress
from portal.jobs.operations.queries import lines_after
from portal.jobs.operations.registry import job
from portal.jobs.operations.service import perform, request_operation
from tests.conftest import make_file


def said(operation: Operation) -> list[tuple[int, str]]:
    lines = [(line.seq, line.text) for line in lines_after(operation)]
    db.session.rollback()
    return lines


@pytest.fixture
def operation(app: Flask, omar: NamedActor) -> Operation:
    operation = request_operation("sample.hello", by=omar)
    db.session.commit()
    db.session.refresh(operation)
    db.session.expunge(operation)
    db.session.rollback()
    return operation


@dataclass
class Clock:
    """Seconds pass when the test says so."""

    now: float = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(progressing, "time", clock)
    return clock


@pytest.fixture
def writes(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> list[float]:
    """When it was tried to write."""
    tried: list[float] = []
    write = Progress._write
    monkeypatch.setattr(Progress, "_write", lambda self: (tried.append(clock.now), write(self)))
    return tried


def test_lines_are_seen_while_the_directory_is_locked(
    operation: Operation, settings: Settings
) -> None:
    make_file(settings.data / "development.sqlite3")
    with open_sqlite(settings.development_url, access=SchemaAccess.CHANGE).connect() as connection:
        connection.execute(text("CREATE TABLE half (id)"))
        Progress(operation).say("in the middle")
        assert said(operation) == [(1, "in the middle")]
        connection.rollback()


def test_lines_said_while_ops_is_locked_follow_in_order(
    operation: Operation, clock: Clock, writes: list[float]
) -> None:
    progress = Progress(operation)
    progress.say("before")
    db.session.execute(text("UPDATE operations SET label = 'locked'"), bind_arguments=OPS())
    for number in range(20):
        progress.say(f"meanwhile {number}")
    assert writes == [0, 0], "It waits for the lock once, not with each line."
    db.session.rollback()
    clock.now += RETRY_SECONDS
    progress.say("after")
    expected = ["before", *(f"meanwhile {number}" for number in range(20)), "after"]
    assert said(operation) == list(enumerate(expected, start=1))


def test_lines_that_could_not_be_written_come_with_the_end(app: Flask, omar: NamedActor) -> None:
    @job("sample.holds-ops", title="Hold the lock")
    def hold(progress: Progress, operation: Operation) -> None:
        db.session.execute(text("UPDATE operations SET label = 'held'"), bind_arguments=OPS())
        progress.say("one")
        progress.say("two")

    operation = perform(request_operation("sample.holds-ops", by=omar))
    assert operation.state is OperationState.DONE
    assert operation.label == "held"
    assert said(operation) == [(1, "one"), (2, "two")]


def test_the_bar_moves_at_most_four_times_a_second(
    operation: Operation, clock: Clock, writes: list[float]
) -> None:
    progress = Progress(operation)
    for count in range(16):
        clock.now = count / 16
        progress.advance(count, 100)
    assert writes == [0, 0.25, 0.5, 0.75]
    progress.advance(100, 100, "all")
    assert db.session.get_one(Operation, operation.id).label == "all"


def test_an_unknown_total_is_no_reason_to_write_more_often(
    operation: Operation, clock: Clock, writes: list[float]
) -> None:
    progress = Progress(operation)
    for count in range(16):
        clock.now = count / 16
        progress.advance(count, 0)
    assert writes == [0, 0.25, 0.5, 0.75]


@pytest.mark.parametrize("growing", [False, True])
def test_a_full_bar_is_no_reason_to_write_more_often(
    growing: bool, operation: Operation, clock: Clock, writes: list[float]
) -> None:
    """Questions after the last statement change the words beside a bar that stays full."""
    progress = Progress(operation)
    for count in range(16):
        clock.now = count / 16
        done = 5 + count if growing else 5
        progress.advance(done, done, f"Compare: {count}")
    assert writes == [0, 0.25, 0.5, 0.75]
    progress.say("done")
    assert db.session.get_one(Operation, operation.id).label == "Compare: 15"


def test_without_its_parent_it_may_not_commit(operation: Operation) -> None:
    with pytest.raises(Interrupted, match="worker that started this is gone"):
        Progress(operation, worker=1).check_alive()


def test_without_its_lease_it_may_not_commit(
    operation: Operation, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = take_lease("command")
    try:
        Progress(operation).check_alive()
        monkeypatch.setattr(held, "_valid_until", float("-inf"))
        with pytest.raises(Interrupted, match="has not answered"):
            Progress(operation).check_alive()
    finally:
        end_lease()


def OPS() -> dict[str, object]:  # noqa: N802 — reads like the bind it names
    return {"bind": db.engines["ops"]}
