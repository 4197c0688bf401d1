"""What features want looked after: all of it each time, whatever becomes of one."""

import logging
import sqlite3
from dataclasses import dataclass

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from portal.core.faults import alarm
from portal.core.storage.database import db
from portal.jobs.worker import each_second
from portal.jobs.worker.each_second import every, every_tick, run_ticks

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture(autouse=True)
def called(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of what was called; nothing else is registered."""
    monkeypatch.setattr(each_second, "_ticks", {})
    return []


def test_each_is_called_each_time_in_order(called: list[str]) -> None:
    every_tick(lambda: called.append("first"))
    every_tick(lambda: called.append("second"))
    run_ticks()
    run_ticks()
    assert called == ["first", "second"] * 2


BUSY = (
    "The control room’s database is busy: another process holds its lock. Nothing was changed."
    " Try again in a minute. If that process hangs, end it"
)


@pytest.mark.parametrize(
    ("error", "words", "times"),
    [
        (ValueError("a fault"), "ERROR The worker could not look around", 2),
        (
            OperationalError("SELECT 1", {}, sqlite3.OperationalError("database is locked")),
            f"ERROR {BUSY}",
            1,  # once a minute
        ),
    ],
)
def test_a_failing_tick_is_logged_and_the_others_still_run(
    called: list[str], caplog: pytest.LogCaptureFixture, error: Exception, words: str, times: int
) -> None:
    alarm.speak()

    @every_tick
    def look_around() -> None:
        called.append("broken")
        raise error

    every_tick(lambda: called.append("next"))
    with caplog.at_level(logging.WARNING):
        run_ticks()
        run_ticks()
    assert called == ["broken", "next"] * 2
    said = [f"{each.levelname} {each.getMessage()}" for each in caplog.records]
    assert said == [words] * times


def test_what_one_did_not_commit_is_undone_before_the_next(app: Flask, called: list[str]) -> None:
    @every_tick
    def forget_to_commit() -> None:
        ops = {"bind": db.engines["ops"]}
        db.session.execute(text("UPDATE audit_head SET seq = seq"), bind_arguments=ops)

    every_tick(lambda: called.append("idle" if not db.session().in_transaction() else "busy"))
    run_ticks()
    assert called == ["idle"]
    assert not db.session().in_transaction()


def test_each_is_called_again_after_the_seconds_it_asked_for(
    called: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted from its start, also where it fails; or from its end, where it says how many."""
    clock, wanted = Clock(), {"at once": 0.0, "later": 30.0}
    monkeypatch.setattr(each_second, "time", clock)

    @every(10)
    def patient() -> float | None:
        clock.now += 1
        called.append(f"{clock.now:.0f}")
        if clock.now == 12:
            raise ValueError
        return wanted.get(called[0])

    for at in (0, 9, 9.9, 11, 20, 21, 31, 41):
        clock.now = at
        run_ticks()
    assert called == ["1", "12", "22", "32", "42"]
    called[:] = ["at once"]
    clock.now = 60
    run_ticks()
    run_ticks()
    called[0] = "later"
    run_ticks()
    for at in (92, 93, 94):
        clock.now = at
        run_ticks()
    assert called == ["later", "61", "62", "63", "94"]


@dataclass
class Clock:
    now: float = 0.0

    def monotonic(self) -> float:
        return self.now


def test_a_feature_gets_its_function_back() -> None:
    def look() -> None:
        """Nothing."""

    assert every_tick(look) is look
