"""Line 1 of home: what visitors get is measured, or unknown with the reason, and never up for want
of a measurement."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta

import pytest
from bs4 import Tag
from flask.testing import FlaskClient

from portal.accounts.models import Account
from portal.core.clock import now
from portal.core.storage.database import db
from portal.databases.targets.config import target_named
from portal.monitoring.probes.models import ProbeKind
from tests.control.home.conftest import buttons
from tests.databases import stage
from tests.support.cast import log_in, make_account
from tests.support.databases import HEAD, file_of, make_database
from tests.support.pages import words

UP = {"state": "up", "outcome": "passed", "sentence": "The home page answers 200."}
SECONDS, HOUR = timedelta(seconds=9), timedelta(hours=1)
UNKNOWN = {
    "switched off": ({**UP, "is_on": False}, "switched off"),
    "no address": ({"outcome": None, "sentence": "No public address is set."}, "No public address"),
    "never measured": (
        {"outcome": None, "sentence": None, "measured_at": None, "state": "unknown"},
        "It was not measured yet.",
    ),
    "old": ({**UP, "measured_at": HOUR}, "The last measurement is too old. Checked 60 min ago."),
    "in the future": ({**UP, "measured_at": -HOUR}, "a clock is wrong"),
    "no network here": (
        {**UP, "outcome": "inconclusive", "sentence": "This machine has no network."},
        "could not tell: This machine has no network.",
    ),
    "a state of no time": ({**UP, "measured_at": None}, "It was not measured yet."),
}

Measured = Callable[..., None]
Line = Callable[[], Tag]


def test_it_is_unknown_with_the_reason_unless_it_was_measured_a_short_while_ago(
    ana: Account, line: Line, measured: Measured
):
    assert "Nothing measures its site yet." in words(line())
    for case, (values, reason) in UNKNOWN.items():
        given = dict(values)
        if isinstance(age := given.get("measured_at"), timedelta):
            given["measured_at"] = now() - age
        measured(**given)
        said = words(line())
        assert "Production: it is unknown what visitors get" in said, case
        assert reason in said, case
        assert "up for visitors" not in said, case


def test_up_says_what_came_and_when_and_asks_for_nothing(
    ana: Account, client: FlaskClient, line: Line, measured: Measured
):
    measured(**UP)
    said = words(line())
    assert "Production is up for visitors The home page answers 200. 80 ms." in said
    assert "Since 11:48 UTC, for 12 min. Checked 9 s ago." in said
    assert buttons(line()) == []
    assert words(client.page("/ops").h1) == "Production is up for visitors"
    assert words(client.page("/ops").title) == "Production is up for visitors · Talkback"
    age = line().select_one("time[data-age]")
    assert (age["data-age"], age["datetime"]) == ("9", "2026-11-30T11:59:51+00:00")


@pytest.mark.parametrize("state", ["up", "unknown"])
def test_failures_that_are_too_few_are_doubt(
    ana: Account, line: Line, measured: Measured, state: str
):
    measured(state=state, streak=2)
    assert "Production may be down for visitors" in words(line())
    assert "2 of 3 in a row that make it down." in words(line())


def test_down_says_why_and_leads_to_the_change_the_runbook_and_the_clients(
    ana: Account, client: FlaskClient, line: Line, measured: Measured
):
    measured()
    measured(ProbeKind.READY, sentence="Not ready.")
    measured(ProbeKind.SCHEMA, sentence="the database is at 0001, release c3ba9bd needs 9c41")
    said = words(line())
    assert "Production is down for visitors The home page answers 503" in said
    assert "Why: The database is at 0001, release c3ba9bd needs 9c41." in said
    assert buttons(line()) == [
        ("Review the change", "/ops/migrations#production"),
        ("Runbook: The site is down", "/ops/runbooks/site-is-down"),
        ("Send an update to clients", "/ops/incidents/live/new"),
    ]
    assert "changes behind" not in words(client.page("/ops").main), "it is said above already"
    measured(ProbeKind.SCHEMA, measured_at=now() - HOUR)
    measured(ProbeKind.READY, state="up", outcome="passed")
    assert "no probe has found the cause yet" in words(line())


def test_a_cause_that_was_removed_since_it_was_measured_is_said_to_be(
    clock: object, client: FlaskClient, line: Line, measured: Measured
):
    """Between a change and the next measurements. A release that can't serve it stays the cause."""
    make_database("production", HEAD, studios=1)
    log_in(client, make_account("ana"))
    measured(outcome="passed", streak=1, sentence="The home page answers 200.")
    measured(ProbeKind.SCHEMA, sentence="The database is at 0001, release c3ba9bd needs 9c41.")
    assert "The home page answers 200. 1 of 2 in a row that make it up." in words(line())
    assert "needs 9c41. The schema is current now" in words(line())
    measured(
        ProbeKind.SCHEMA, sentence=f"The database is at {HEAD[:4]}, release c3ba9bd needs 0001."
    )
    assert "current now" not in words(line())


def test_up_with_something_wrong_behind_it_is_not_fine(
    ana: Account, line: Line, measured: Measured
):
    measured(**UP)
    measured(ProbeKind.DATABASE, sentence="it can’t be reached")
    assert "up for visitors" in words(line())
    assert "But: It can’t be reached." in words(line())
    assert [label for label, _ in buttons(line())][0] == "Review the change"


def test_a_lost_production_leads_straight_to_its_restore(
    ana: Account, client: FlaskClient, line: Line, measured: Measured
):
    measured()
    target = target_named("production")
    file = file_of(target)
    away = file.with_suffix(".away")
    file.rename(away)
    assert buttons(line())[0] == (
        "Look at the database",
        "/ops/databases?database=production",
    )
    away.rename(file)
    name = stage.operate("databases.backup").result["backup"]
    db.session.rollback()
    for loss in (None, b"no database at all " * 500):
        file.unlink(missing_ok=True)
        if loss:
            file.write_bytes(loss)
        assert buttons(line())[0] == ("Restore production…", f"/ops/backups/{name}/restore")
        assert "Why:" in words(line())
        answer = client.get(buttons(line())[0][1])
        assert answer.status_code == 200


def test_what_cannot_be_read_for_a_moment_is_not_to_be_restored(
    ana: Account, line: Line, measured: Measured
):
    """Another process holds the file: its data are all there."""
    measured()
    stage.operate("databases.backup")
    db.session.rollback()
    with closing(sqlite3.connect(file_of(target_named("production")))) as other:
        other.execute("PRAGMA journal_mode = DELETE")
        other.execute("BEGIN EXCLUSIVE")
        assert buttons(line())[0] == (
            "Look at the database",
            "/ops/databases?database=production",
        )
