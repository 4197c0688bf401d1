"""The cast's stage: one application on fresh SQLite files for each test."""

import gc
import os
import shutil
import sqlite3
import warnings
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.accounts.models import Account
from portal.app import create_app
from portal.audit import counting
from portal.control.setup import prepare_ops
from portal.core.configuration.settings import Settings, load_settings
from portal.core.storage.database import db
from portal.monitoring.errors.counting import counter
from tests.support import quick
from tests.support.cast import log_in, make_account
from tests.support.client import PortalClient
from tests.support.memory import folder_in_memory
from tests.support.together import Together
from tests.support.trials import examples


def pytest_configure(config: pytest.Config) -> None:
    """Keep databases of tests in memory where there is room: a commit need not wait for a disk."""
    quick.be_quick()
    usual = hypothesis.settings.get_profile(hypothesis.settings.get_current_profile_name())
    hypothesis.settings.register_profile("part", usual, max_examples=examples(100))
    hypothesis.settings.load_profile("part")
    is_ours = config.option.basetemp is None and not hasattr(config, "workerinput")
    if is_ours and (memory := folder_in_memory()):
        config.option.basetemp = str(memory / f"talkback-tests-{os.getpid()}")
        config.add_cleanup(lambda: shutil.rmtree(config.option.basetemp, ignore_errors=True))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    return Together(config, log)


class OpenFiles:
    """Applications that tests are done with keep their databases open until they are collected."""

    most = MORE = 500  # of 1,024 that a process may have at least

    def collect(self) -> None:
        """Only where so many were opened since the last time: it takes some tenths of a second.

        What an earlier test has left open is no fault of the one that ends here.
        """
        if self._count() > self.most:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ResourceWarning)
                gc.collect()
            self.most = self._count() + self.MORE

    def _count(self) -> int:
        return sum(1 for _ in Path("/proc/self/fd").iterdir())


OPEN_FILES = OpenFiles()


def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    if nextitem is None or item.path != nextitem.path:
        OPEN_FILES.collect()


def pytest_collection_finish() -> None:
    quick.leave_alone_what_is_loaded()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings({"PORTAL_DATA": str(tmp_path / "data"), "SECRET_KEY": "only for tests"})


@pytest.fixture(scope="session")
def empty_ops(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An ops database as set-up makes it, made once; each test gets a copy."""
    data = tmp_path_factory.mktemp("ops")
    app = create_app(load_settings({"PORTAL_DATA": str(data), "SECRET_KEY": "only for tests"}))
    with app.app_context():
        prepare_ops()
        for engine in db.engines.values():
            engine.dispose()
    with closing(sqlite3.connect(data / "ops.sqlite3")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return data / "ops.sqlite3"


@pytest.fixture
def app(settings: Settings, empty_ops: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """An application with an empty, current ops database, inside an application context."""
    monkeypatch.setattr(counting, "_pending", counting._Pending())
    settings.data.mkdir(parents=True, exist_ok=True)
    if not (settings.data / empty_ops.name).exists():  # a scene has one already
        shutil.copy(empty_ops, settings.data)
    app = create_app(settings)
    app.testing = True
    app.test_client_class = PortalClient
    with app.app_context():
        yield app
        db.session.remove()
        counter.finish()
        for engine in db.engines.values():
            engine.dispose()


@pytest.fixture
def costly_hashes() -> Iterator[None]:
    """Passwords are hashed as the product does it."""
    with quick.costly_hashing():
        yield


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def omar(app: Flask) -> Account:
    return make_account("omar")


@pytest.fixture
def ana(app: Flask) -> Account:
    return make_account("ana")


@pytest.fixture
def browser(client: FlaskClient, omar: Account) -> FlaskClient:
    """Omar's."""
    log_in(client, omar)
    return client


def make_file(path: Path) -> Path:
    """An empty SQLite file, since the product itself never makes one by accident."""
    path.parent.mkdir(parents=True, exist_ok=True)
    sqlite3.connect(path).close()
    return path
