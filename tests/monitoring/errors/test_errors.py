"""Errors that no code expected: counted by release and place, never with what they were about."""

import json
import os
from collections.abc import Iterator
from dataclasses import replace

import brotli
import pytest
from flask import Flask, abort
from flask.testing import FlaskClient
from sqlalchemy import func, select

from portal.audit.actor import SYSTEM
from portal.core.clock import now
from portal.core.configuration.settings import load_settings, settings
from portal.core.errors import Conflict, SettingError
from portal.core.faults.unexpected import note_unexpected
from portal.core.storage.database import db
from portal.jobs.models import OperationState, Queue
from portal.jobs.operations import registry
from portal.jobs.operations.registry import job
from portal.jobs.operations.service import perform, request_operation
from portal.jobs.release import release_name
from portal.jobs.worker import each_second
from portal.jobs.worker.each_second import every_tick, run_ticks
from portal.monitoring.errors import counting, sentry
from portal.monitoring.errors.counting import DROPPED, KEPT, Seen, counter, write
from portal.monitoring.errors.models import ErrorGroup, ErrorOccurrence
from portal.monitoring.errors.place import Fault, fault_of
from tests.support.cast import log_in, make_account
from tests.support.pages import words
from tests.support.webhook import Webhook

SECRET = "ana@example.com has the key 4711"


@pytest.fixture(autouse=True)
def fresh(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(counting, "counter", counting.Counter())
    yield
    counting.counter.finish()
    db.session.rollback()


def breaks(studio: str) -> str:
    raise ValueError(f"{SECRET} at {studio}")


@pytest.fixture
def broken(app: Flask) -> FlaskClient:
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.testing = True
    app._got_first_request = False
    app.add_url_rule("/ops/broken/<studio>", "broken", breaks)
    app.add_url_rule("/ops/conflict", "conflict", refuses)
    app.add_url_rule("/ops/missing", "missing", lambda: abort(404))
    return app.test_client()


def refuses() -> str:
    raise Conflict("Not now.")


def groups() -> list[ErrorGroup]:
    counting.counter.finish()
    db.session.rollback()
    return list(db.session.scalars(select(ErrorGroup).order_by(ErrorGroup.id)))


def occurrences() -> list[ErrorOccurrence]:
    return list(db.session.scalars(select(ErrorOccurrence).order_by(ErrorOccurrence.id)))


def test_an_error_in_a_request_is_counted_with_its_id(broken: FlaskClient) -> None:
    log_in(broken, make_account("omar"))
    answers = [broken.get(f"/ops/broken/harbour-{number}") for number in range(2)]
    assert {each.status_code for each in answers} == {500}
    (group,) = groups()
    assert (group.release, group.kind, group.count) == (release_name(), "ValueError", 2)
    assert group.place.endswith(":breaks") or group.place.startswith("portal/")
    assert [each.request_id for each in occurrences()] == [
        each.headers["X-Request-ID"] for each in answers
    ]
    assert {each.where for each in occurrences()} == {"/ops/broken/<studio>"}
    page = broken.page("/ops/monitoring/errors")
    said = words(page.main)
    assert answers[1].headers["X-Request-ID"] in said
    assert "2 times" in said
    assert release_name() in said
    kept = str([vars(each) for each in (*groups(), *occurrences())])
    assert "4711" not in kept + str(page)
    assert "harbour" not in kept


def test_what_is_expected_is_not_counted(broken: FlaskClient) -> None:
    log_in(broken, make_account("omar"))
    assert broken.get("/ops/conflict").status_code == 409
    assert broken.get("/ops/missing").status_code == 404
    assert groups() == []


def test_errors_of_operations_and_of_the_worker_are_counted(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "_jobs", dict(registry._jobs))
    monkeypatch.setattr(each_second, "_ticks", {})

    @job("tests.breaks", title="Break", queue=Queue.QUICK)
    def breaking(_progress: object, _operation: object) -> None:
        raise KeyError(SECRET)

    @every_tick
    def look_around() -> None:
        raise ZeroDivisionError(SECRET)

    operation = request_operation("tests.breaks", by=SYSTEM)
    assert perform(operation).state is OperationState.FAILED
    run_ticks()
    assert {each.kind for each in groups()} == {"KeyError", "ZeroDivisionError"}
    assert {each.where for each in occurrences()} == {"tests.breaks", "worker: look_around"}


def test_the_last_fifty_are_kept_and_all_are_counted(app: Flask) -> None:
    fault = Fault("ValueError", "portal/x.py:f")
    write([Seen(fault, now(), f"request-{number}", "/x") for number in range(KEPT + 5)])
    (group,) = groups()
    assert group.count == KEPT + 5
    kept = [each.request_id for each in occurrences()]
    assert kept == [f"request-{number}" for number in range(5, KEPT + 5)]


def test_too_many_at_once_are_counted_as_dropped(app: Flask) -> None:
    for _ in range(counting.MOST_A_SECOND * 3):
        note_unexpected(_raised(), "/x")
    found = {each.kind: each.count for each in groups()}
    assert sum(found.values()) == counting.MOST_A_SECOND * 3
    assert found[DROPPED.kind] > 0


def test_a_database_that_cant_be_written_costs_nothing_but_the_details(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_args: object) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as patched:
        patched.setattr(counting, "write", fails)
        note_unexpected(_raised(), "/x")
        counting.counter.finish()
    note_unexpected(_raised(), "/x")
    assert {each.kind: each.count for each in groups()} == {"ValueError": 1, DROPPED.kind: 1}


def test_the_place_is_the_products_own_last_frame(app: Flask) -> None:
    try:
        load_settings({"PORT": "x"})
    except SettingError as error:
        fault = fault_of(error)
    assert fault == Fault(
        "portal.core.errors.SettingError", "portal/core/configuration/settings.py:_number"
    )


def test_sentry_gets_places_and_ids_but_no_words(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sentry, "_client", None)
    with Webhook().running() as hook:
        dsn = f"http://public@127.0.0.1:{hook.port}/1"
        app.extensions["portal.settings"] = replace(settings(), sentry_dsn=dsn)
        with app.test_request_context("/client/links/T0K3N?password=4711", method="POST"):
            note_unexpected(_raised(), "/client/links/<token>")
        sentry.finish()
        sentry._client[2].close()
        sent = b"".join(hook.bodies)
    text = brotli.decompress(sent).decode()
    event = json.loads(text.splitlines()[2])
    assert event["exception"]["values"][0]["type"] == "ValueError"
    assert event["release"] == release_name()
    assert event["tags"]["where"] == "/client/links/<token>"
    for hidden in ("4711", "T0K3N", "ana@example.com", "vars", "context_line", os.uname().nodename):
        assert hidden not in text.replace(release_name(), ""), hidden


def test_a_page_without_errors(client: FlaskClient) -> None:
    log_in(client, make_account("omar"))
    assert "No error" in words(client.page("/ops/monitoring/errors").main)
    assert db.session.scalar(select(func.count()).select_from(ErrorGroup)) == 0
    assert counter is not None


def _raised() -> ValueError:
    secret = SECRET
    try:
        raise ValueError(secret)
    except ValueError as error:
        return error
