"""The server ends a page's session after any of its statements: 200 or 503, and nothing else."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine, event

from portal.core.configuration.settings import Settings, load_settings
from portal.core.faults.alarm import forget_failures
from portal.core.storage.database import db
from portal.databases.engines.postgresql.server import driver
from portal.databases.targets.registry import control_room
from tests.databases import stage
from tests.databases.postgresql.conftest import as_worker, placed, superuser, template

ENOUGH = 40
PAGES = ("/", "/studios?q=voice")


@pytest.fixture
def settings(tmp_path: Path, database: str) -> Settings:
    address = as_worker(database).render_as_string(hide_password=False)
    given = {"PORTAL_DATA": str(tmp_path / "data"), "SECRET_KEY": "t", "PORTAL_KEEP_BYTES": "0"}
    return load_settings(given | {"PORTAL_ENV": "production", "PRODUCTION_DATABASE_URL": address})


@contextmanager
def ended_after(engine: Engine, number: int) -> Iterator[list[int]]:
    """End the session of this statement of the engine; yields how many there were."""
    count = [0]

    def end(connection, *_statement) -> None:
        count[0] += 1
        if count[0] == number:
            pid = driver(connection).info.backend_pid
            superuser(f"SELECT pg_terminate_backend({pid}, 5000)")

    event.listen(engine, "after_cursor_execute", end)
    try:
        yield count
    finally:
        event.remove(engine, "after_cursor_execute", end)


def every_ending(app: Flask, engine: Engine, get, path: str) -> set[int]:
    """The statuses of the page, where its session ends after each of its statements in turn."""
    app.config["PROPAGATE_EXCEPTIONS"] = False
    statuses = set()
    for number in range(1, ENOUGH):
        forget_failures()
        with ended_after(engine, number) as count:
            statuses.add(get(path).status_code)
        if count[0] < number:
            return statuses
    raise AssertionError(f"{path} has more than {ENOUGH} statements.")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_for_visitors(app: Flask, client, database, caplog, path):
    control_room(is_demo=True)
    placed(template(6, stage.HEAD), database)
    db.session.remove()
    with caplog.at_level(logging.ERROR):
        assert every_ending(app, db.engine, client.get, path) == {200, 503}
    assert not [each for each in caplog.records if each.exc_info]
