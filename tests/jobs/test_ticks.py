"""What features want looked after: all of it each time, whatever becomes of one."""

import logging

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from portal.core.storage.database import db
from portal.jobs.worker import each_second
from portal.jobs.worker.each_second import every_tick, run_ticks

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture(autouse=True)
def called(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of what was called; nothing else is registered."""
    monkeypatch.setattr(each_second, "_ticks", [])
    return []


def test_each_is_called_each_time_in_order(called: list[str]) -> None:
    every_tick(lambda: called.append("first"))
    every_tick(lambda: called.append("second"))
    run_ticks()
    run_ticks()
    assert called == ["first", "second"] * 2


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ValueError("a fault"), "ERROR The worker could not look around"),
        (
            OperationalError("SELECT 1", {}, Exception("database is locked")),
            "WARNING The control room's database does not answer: database is locked",
        ),
    ],
)
def test_trouble_of_one_is_said_and_keeps_nobody_else_from_it(
    called: list[str], caplog: pytest.LogCaptureFixture, error: Exception, words: str
) -> None:
    @every_tick
    def look_around() -> None:
        called.append("broken")
        raise error

    every_tick(lambda: called.append("next"))
    with caplog.at_level(logging.WARNING, "portal.jobs.worker.each_second"):
        run_ticks()
        run_ticks()
    assert called == ["broken", "next"] * 2
    said = [f"{each.levelname} {each.getMessage()}" for each in caplog.records]
    assert said == [words, words]


def test_what_one_did_not_commit_is_undone_before_the_next(app: Flask, called: list[str]) -> None:
    @every_tick
    def forget_to_commit() -> None:
        ops = {"bind": db.engines["ops"]}
        db.session.execute(text("UPDATE audit_head SET seq = seq"), bind_arguments=ops)

    every_tick(lambda: called.append("idle" if not db.session().in_transaction() else "busy"))
    run_ticks()
    assert called == ["idle"]
    assert not db.session().in_transaction()


def test_a_feature_gets_its_function_back() -> None:
    def look() -> None:
        """Nothing."""

    assert every_tick(look) is look
