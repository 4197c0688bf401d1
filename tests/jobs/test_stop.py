"""Asking an operation to stop."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from portal.audit.actor import NamedActor
from portal.core.errors import Conflict
from portal.core.storage.database import db
from portal.jobs.models import OperationState
from portal.jobs.operations.service import perform, request_operation, request_stop
from tests.jobs.conftest import WorkerProcess, ask, pid_in, wait_for_end
from tests.support.cast import log_in, make_account

ANA = NamedActor(id=1, name="ana", role="admin")


def test_a_running_operation_stops_at_its_next_check(
    worker: WorkerProcess, omar: NamedActor, folder: Path
) -> None:
    worker.start()
    operation = ask("sample.long", omar, folder=str(folder))
    pid_in(folder)
    request_stop(operation, by=ANA)
    db.session.commit()
    wait_for_end(operation)
    assert (operation.state, operation.outcome) == (OperationState.FAILED, "Stopped by ana.")


def test_a_waiting_operation_ends_at_once_and_is_never_begun(omar: NamedActor, app: object) -> None:
    operation = ask("sample.long", omar, folder="")
    request_stop(operation, by=ANA)
    db.session.commit()
    assert operation.outcome == "Stopped by ana before it began; nothing was done."
    with pytest.raises(Conflict):
        perform(operation)


def test_whatever_has_not_begun_can_be_withdrawn(omar: NamedActor, app: object) -> None:
    """Also a kind that can't be stopped: with no worker alive it would begin when nobody looks."""
    operation = ask("sample.hello", omar)
    assert operation.can_be_stopped
    request_stop(operation, by=ANA)
    db.session.commit()
    assert operation.outcome == "Stopped by ana before it began; nothing was done."
    with pytest.raises(Conflict):
        perform(operation)


def test_an_operation_that_has_begun_and_can_not_be_stopped_says_so(
    omar: NamedActor, app: object
) -> None:
    operation = ask("sample.hello", omar)
    operation.state = OperationState.RUNNING
    db.session.commit()
    assert not operation.can_be_stopped
    with pytest.raises(Conflict, match="has begun and can't be stopped"):
        request_stop(operation, by=ANA)
    db.session.rollback()
    assert operation.stop_requested_at is None


def test_an_operation_that_ended_can_not_be_stopped(omar: NamedActor, app: object) -> None:
    operation = perform(request_operation("sample.hello", by=omar))
    with pytest.raises(Conflict, match="already ended"):
        request_stop(operation, by=ANA)


def test_the_page_has_a_button_that_stops_it(client: FlaskClient, omar: NamedActor) -> None:
    log_in(client, make_account("omar"))
    operation = ask("sample.long", omar, folder="")
    address = f"/ops/operations/{operation.id}"
    assert "Stop “Work for long”" in client.get(address).text
    assert client.post(f"{address}/stop").location == address
    assert operation.stop_requested_by == "Omar"
    assert "Stop “Work for long”" not in client.get(address).text


def test_what_waits_for_no_worker_can_be_withdrawn_on_its_page(
    client: FlaskClient, omar: NamedActor
) -> None:
    log_in(client, make_account("omar"))
    operation = ask("sample.hello", omar)
    address = f"/ops/operations/{operation.id}"
    assert "Stop “" in client.get(address).text
    client.post(f"{address}/stop")
    db.session.refresh(operation)
    assert operation.state is OperationState.FAILED
    assert "Stop “" not in client.get(address).text


def test_a_client_can_not_stop_it(client: FlaskClient, omar: NamedActor) -> None:
    operation = ask("sample.long", omar, folder="")
    log_in(client, make_account("cleo"))
    assert client.post(f"/ops/operations/{operation.id}/stop").status_code == 403
    db.session.refresh(operation)
    assert operation.stop_requested_at is None


def test_a_stranger_can_not_stop_it(client: FlaskClient, omar: NamedActor) -> None:
    operation = ask("sample.long", omar, folder="")
    response = client.post(f"/ops/operations/{operation.id}/stop")
    assert response.location.startswith("/ops/login")
    db.session.refresh(operation)
    assert operation.stop_requested_at is None


def test_a_link_does_not_stop_it(client: FlaskClient, omar: NamedActor) -> None:
    operation = ask("sample.long", omar, folder="")
    log_in(client, make_account("omar"))
    assert client.get(f"/ops/operations/{operation.id}/stop").status_code == 405
