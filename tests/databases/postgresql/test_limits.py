"""What all processes may open at a server, against what it allows: at a start and by commands."""

import logging
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import insert

from portal.app import log_start
from portal.core.clock import now
from portal.core.configuration.settings import Settings, load_settings
from portal.core.storage.database import db
from portal.databases.sessions.limits import log_limits, servers
from portal.databases.status.checks.room import connections
from portal.jobs.models import Lease, LeaseKind
from tests.databases.postgresql.conftest import WORKER, as_worker, superuser

TOO_FEW = (
    "The processes may open up to 110 connections at the server at {address} (4 processes of"
    " production 100, the worker 4, an operation 6), and it allows 97: under load pages and"
    " operations will fail. As a superuser, with a restart of the server: ALTER SYSTEM SET"
    " max_connections = 120; or lower WEB_CONCURRENCY."
)


@pytest.fixture
def settings(tmp_path: Path, database: str) -> Settings:
    """A site of production, of four processes."""
    address = as_worker(database).render_as_string(hide_password=False)
    given = {"PORTAL_DATA": str(tmp_path / "data"), "SECRET_KEY": "t", "WEB_CONCURRENCY": "4"}
    return load_settings(given | {"PORTAL_ENV": "production", "PRODUCTION_DATABASE_URL": address})


def address(settings: Settings) -> str:
    [server] = servers(settings)
    return server.address


def test_a_start_names_the_numbers_and_the_setting(app: Flask, production, settings, caplog):
    with caplog.at_level(logging.INFO):
        log_start()
    assert TOO_FEW.format(address=address(settings)) in caplog.messages


def test_what_a_start_does_not_reach_or_what_does_not_answer_was_not_asked(
    app: Flask, production, settings, caplog
):
    caplog.set_level(logging.INFO)
    log_limits({"ops": db.engines["ops"]})
    [said] = caplog.messages
    unasked = f"The server at {address(settings)} was not asked how many connections it allows: "
    assert said == f"{unasked}nothing of this start connects there. Ask: flask databases check"
    db.session.remove()
    db.engine.dispose()
    superuser(f"ALTER ROLE {WORKER} NOLOGIN")
    try:
        log_limits({"production": db.engine})
        checked = app.test_cli_runner().invoke(args=["databases", "check"])
    finally:
        superuser(f"ALTER ROLE {WORKER} LOGIN")
    assert caplog.messages[-1].startswith(unasked)
    assert "is not permitted to log in" in caplog.messages[-1]
    assert unasked in checked.output


def test_commands_count_the_processes_that_live(app: Flask, production, settings):
    too_few = TOO_FEW.format(address=address(settings))
    preflight = app.test_cli_runner().invoke(args=["databases", "preflight", "production"])
    assert f"To note: {too_few}" in preflight.output
    [found] = connections()
    assert (found.sentence, found.is_fault) == (too_few, True)
    for number in range(5):
        living(number)
    [found] = connections()
    assert "5 processes of production 125, the worker 4, an operation 6" in found.sentence


def living(number: int) -> None:
    """A process of production that has just renewed its lease."""
    times = {"started_at": now(), "renewed_at": now(), "expires_at": now()}
    what = {"kind": LeaseKind.WEB, "environment": "production", "release": "this", "serves": []}
    db.session.execute(insert(Lease).values(uuid=f"site-{number}", host="away", pid=number, **what,
                                            **times))  # fmt: skip
    db.session.commit()
