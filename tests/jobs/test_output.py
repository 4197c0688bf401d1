"""The fragment that a page asks for each second: nothing missed, nothing twice."""

import re
import threading

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from portal.audit.actor import NamedActor
from portal.core.clock import now
from portal.core.storage.database import db
from portal.jobs.models import LineKind, Operation, OperationLine, OperationState
from portal.jobs.operations.output import steps_of
from portal.jobs.operations.service import perform, request_operation
from tests.support.cast import log_in, make_account


@pytest.fixture
def omars(client: FlaskClient) -> FlaskClient:
    log_in(client, make_account("omar"))
    return client


def asked(client: FlaskClient, operation_id: int, after: object) -> tuple[list[str], int | None]:
    """The new lines, and the line after which the page asks next; None when it stops asking."""
    response = client.get(f"/ops/operations/{operation_id}/output?after={after}")
    assert response.status_code == 200
    page = BeautifulSoup(response.text, "html5lib")
    said = [str(line.span.string) for line in page.select("li.operation-text") if line.span]
    poller = page.select_one("[hx-get]")
    found = re.search(r"after=(\d+)", str(poller["hx-get"])) if poller else None
    return said, int(found[1]) if found else None


def test_only_what_is_new_is_sent(omars: FlaskClient, omar: NamedActor) -> None:
    operation = perform(request_operation("sample.count", by=omar, arguments={"to": 5}))
    assert asked(omars, operation.id, 4) == (["number 4", "number 5"], None)
    assert asked(omars, operation.id, 7) == ([], None)


def test_an_unreadable_position_starts_at_the_beginning(
    omars: FlaskClient, omar: NamedActor
) -> None:
    operation = perform(request_operation("sample.count", by=omar, arguments={"to": 2}))
    assert asked(omars, operation.id, "x")[0] == ["number 1", "number 2"]


def test_a_reader_who_polls_while_it_runs_sees_each_line_once(
    app: Flask, omars: FlaskClient, omar: NamedActor
) -> None:
    operation = request_operation("sample.count", by=omar, arguments={"to": 60})
    db.session.commit()
    operation_id = operation.id
    db.session.rollback()

    def carry_out() -> None:
        with app.app_context():
            perform(db.session.get_one(Operation, operation_id))

    thread = threading.Thread(target=carry_out)
    thread.start()
    seen: list[str] = []
    after: int | None = 0
    polls = 0
    while after is not None:
        said, after = asked(omars, operation_id, after)
        seen += said
        polls += 1
    thread.join()
    assert seen == [f"number {n}" for n in range(1, 61)]
    assert polls > 1


def lines(*kinds: tuple[LineKind, str]) -> list[OperationLine]:
    return [
        OperationLine(operation_id=1, seq=seq, at=now(), kind=kind, text=text, seconds=1.0)
        for seq, (kind, text) in enumerate(kinds, start=1)
    ]


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        (OperationState.RUNNING, "running"),
        (OperationState.FAILED, "failed"),
        (OperationState.UNKNOWN, "unknown"),
    ],
)
def test_a_step_that_did_not_end_has_the_state_of_its_operation(
    state: OperationState, shown: str
) -> None:
    said = lines((LineKind.STEP, "a"), (LineKind.STEP_DONE, "a"), (LineKind.STEP, "b"))
    steps = steps_of(Operation(state=state), said)
    assert [(step.title, step.state) for step in steps] == [("a", "done"), ("b", shown)]


def test_steps_may_stand_in_one_another_and_be_called_alike() -> None:
    said = lines(
        (LineKind.STEP, "a"),
        (LineKind.STEP, "a"),
        (LineKind.STEP_FAILED, "a"),
        (LineKind.STEP_DONE, "a"),
    )
    steps = steps_of(Operation(state=OperationState.DONE), said)
    assert [step.state for step in steps] == ["done", "failed"]
