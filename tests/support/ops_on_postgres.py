"""The control room's database on a real PostgreSQL, and several hands on it at once."""

import atexit
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.engine import URL

from portal.app import create_app
from portal.control.setup import prepare_ops
from portal.core.configuration.settings import load_settings
from portal.core.storage.database import db, reading
from tests.support.postgres import running_server

WAITING = """SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'"""


@cache
def prepared_database() -> str:
    """The name of a control room's database as set-up makes it, to be copied; made once."""
    kept = ExitStack()
    url = kept.enter_context(running_server().database())
    atexit.register(kept.close)
    with tempfile.TemporaryDirectory() as folder, _app_on(url, Path(folder)).app_context():
        prepare_ops()
        _let_go()
    assert url.database
    return url.database


@pytest.fixture
def postgres_ops() -> Iterator[URL]:
    """A copy of its own."""
    with running_server().database(template=prepared_database()) as url:
        yield url


@pytest.fixture(scope="module")
def pg_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """One for all tests of a module: each uses names of its own."""
    with running_server().database(template=prepared_database()) as url:
        app = _app_on(url, tmp_path_factory.mktemp("postgresql"))
        with app.app_context():
            yield app
            _let_go()


def _app_on(url: URL, folder: Path) -> Flask:
    address = url.render_as_string(hide_password=False)
    given = {"PORTAL_DATA": str(folder / "data"), "SECRET_KEY": "k", "OPS_DATABASE_URL": address}
    return create_app(load_settings({**given, "INCIDENTS_DIR": str(folder / "incidents")}))


def _let_go() -> None:
    db.session.remove()
    for engine in db.engines.values():
        engine.dispose()


def at_once(app: Flask, *acts: Callable[[], object]) -> list[object]:
    """Each in a thread and a transaction of its own, begun together: results, or what they raised.

    An act commits what it wants kept.
    """
    together, results = threading.Barrier(len(acts)), [None] * len(acts)

    def act(number: int) -> None:
        with app.app_context():
            together.wait(timeout=30)
            try:
                results[number] = acts[number]()
            except Exception as error:
                results[number] = error
            finally:
                db.session.remove()

    threads = [threading.Thread(target=act, args=(number,)) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results


def somebody_waits_for_a_lock() -> bool:
    with reading(), db.engines["ops"].connect() as connection:
        return bool(connection.scalar(text(WAITING)))
