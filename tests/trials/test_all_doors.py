"""Every page and every command that reads, with each fault of each database: no door answers with
a traceback or with status 500. The short table is tests/databases/test_fault_table.py."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.engine import URL

from portal.app import create_app
from portal.core.configuration.settings import Settings, sqlite_url
from portal.core.faults.alarm import forget_failures
from portal.core.page import end_page
from portal.core.storage.database import db
from tests.databases.broken import FAULTS, disk
from tests.support.cast import log_in, make_account
from tests.support.client import PortalClient
from tests.web.budgets.test_budgets import address_of, ana, pages, settings  # noqa: F401

NAMES = ("ops", "development", "production")
COMMANDS = (
    *("accounts list", "audit verify", "audit checkpoint", "audit export", "databases check"),
    *("databases status", "databases status --json", "databases plan production"),
    *("databases set-aside", "databases store", "databases lint", "databases rebuild-catalogue"),
    *("databases backup development", "databases backup-ops", "databases sync", "databases window"),
    *("databases tidy", "databases upload", "databases roles development", "db current"),
    *("db check", "db history", "db heads", "emails lint", "incidents lint", "runbooks lint"),
    *("portal addresses", "portal pictures", "portal setup", "db upgrade", "jobs execute 1"),
    *("databases maintenance production on --reason T", "databases migrate development"),
)
ELSEWHERE = {"locked", "limited"}
"""Locks have tests of their own; a limit is the whole process’s."""
can_mount = os.geteuid() == 0


@pytest.fixture
def apart(settings: Settings, empty_ops: Path, tmp_path: Path) -> Iterator[Settings]:  # noqa: F811
    """Each database on a disk of its own."""
    with ExitStack() as disks:
        files = {}
        for name in NAMES:
            (tmp_path / name).mkdir()
            disks.enter_context(disk(tmp_path / name, size="8m"))
            files[name] = tmp_path / name / f"{name}.sqlite3"
        files["ops"].write_bytes(empty_ops.read_bytes())
        urls = {
            f"{name}_url": sqlite_url(name, URL.create("sqlite", database=str(file)))
            for name, file in files.items()
        }
        yield replace(settings, **urls)


@pytest.fixture
def app(apart: Settings) -> Iterator[Flask]:
    app = create_app(apart)
    app.testing, app.test_client_class = True, PortalClient
    app.config["PROPAGATE_EXCEPTIONS"] = False
    with app.app_context():
        yield app
        leave_alone()


def leave_alone() -> None:
    end_page()
    db.session.remove()
    for engine in db.engines.values():
        engine.dispose()


@pytest.mark.skipif(not can_mount, reason="only root may mount a disk")
def test_no_page_and_no_command_breaks(app: Flask, ana, tmp_path: Path) -> None:  # noqa: F811
    client = app.test_client()
    log_in(client, make_account("ana"))
    addresses = {rule: address_of(rule, client) for rule in pages()}
    found = []
    for name in NAMES:
        for fault in FAULTS.keys() - ELSEWHERE:
            forget_failures()
            leave_alone()
            with FAULTS[fault](tmp_path / name / f"{name}.sqlite3"):
                broken = [*broken_pages(client, name, addresses), *broken_commands(app, fault)]
                leave_alone()
            found += [f"{name} {fault}: {each}" for each in broken]
    assert found == []


def broken_pages(client: FlaskClient, name: str, addresses: dict[str, str]) -> Iterator[str]:
    for rule, address in addresses.items():
        status = client.get(address).status_code
        is_ours = address.startswith("/ops") and name != "ops"
        is_visitors = address in {"/", "/studios"} and name != "development"
        if status >= 500 and (status != 503 or is_ours or is_visitors):
            yield f"{rule} {status}"


def broken_commands(app: Flask, fault: str) -> Iterator[str]:
    for command in COMMANDS:
        if "setup" in command and fault in {"missing", "not set up"}:
            continue  # it makes a new one, and registers it
        leave_alone()
        done = app.test_cli_runner().invoke(args=command.split())
        if done.exception and not isinstance(done.exception, SystemExit):
            yield f"{command} {done.exception!r:.200}"
