"""Which database, what is wrong with it, and what each door says of it.

The sentence is the same on a page, in a command, in the log and at `/readyz`; no door answers with
a traceback or with status 500. docs/proofs.md shows the table to people.
"""

import logging
import os
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from portal.app import create_app
from portal.core.configuration.settings import ROOT, load_settings
from portal.core.faults.sentences import fault_of
from portal.core.page import end_page
from portal.core.storage import between_pages
from portal.core.storage.database import db
from portal.databases.engines import kept_file
from portal.databases.targets.readiness import BACK_SOON
from portal.databases.targets.registry import control_room
from portal.directory.kept.memory import memory
from tests.databases.broken import FAULTS, PAGE, disk, missing, put_back
from tests.support.cast import log_in, make_account
from tests.support.client import PortalClient
from tests.support.databases import make_database

NAMES = {
    "ops": "The control room’s database",
    "development": "The development database",
    "production": "The production database",
}
#: What a sentence says, whichever database it is about; `{name}` in it may be in lower case.
SAYS = {
    "full": "The disk at {disk} is full, and {name} ({file}) needs room there.",
    "limited": "A limit on the size of files keeps {name} ({file}) from growing.",
    "read-only": "The disk at {disk} is read-only, and {name} ({file}) must be written.",
    "no rights": "may not use {name} ({file}).",
    "damaged": "{name} at {file} is damaged:",
    "no database": "{name} at {file} is damaged: file is not a database.",
    "missing": "There is no database at {file}, and {short} should be there.",
    "not set up": "{name} at {file} is not set up for this release.",
}
CLOSED = {"no rights", "damaged", "no database", "missing", "not set up"}
"""Nothing can be read; with the others only writing fails."""
IDENTITY = {"not set up": "is empty, and this control room knows another one as"}
"""Of a target without tables its identity is the question."""
PAGES = ("/ops", "/ops/databases", "/ops/backups", "/ops/migrations", "/ops/windows", "/ops/audit")
can_mount = os.geteuid() == 0 and os.access("/bin/mount", os.X_OK)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory, empty_ops: Path) -> Iterator[dict[str, str]]:
    """A production site, its control room and development, each in a folder of its own."""
    data = tmp_path_factory.mktemp("table")
    environ = {"PORTAL_DATA": str(data), "PORTAL_ENV": "production", "SECRET_KEY": "only for tests"}
    with ExitStack() as disks:
        for name in NAMES:
            (data / name).mkdir()
            environ[f"{name.upper()}_DATABASE_URL"] = f"sqlite:///{data / name / name}.sqlite3"
            if can_mount:
                disks.enter_context(disk(data / name))
        fill(data, environ, empty_ops)
        yield environ


def fill(data: Path, environ: dict[str, str], empty_ops: Path) -> None:
    (data / "ops" / "ops.sqlite3").write_bytes(empty_ops.read_bytes())
    with new_app(environ).app_context():
        control_room(is_demo=True)
        make_account("ana")
        make_database("development", studios=3)
        make_database("production", studios=3)
        leave_alone()


def new_app(environ: dict[str, str]) -> Flask:
    app = create_app(load_settings(environ))
    app.testing, app.test_client_class = True, PortalClient
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app


def leave_alone() -> None:
    db.session.remove()
    for engine in db.engines.values():
        engine.dispose()


@pytest.fixture
def app(room: dict[str, str]) -> Iterator[Flask]:
    """Which has opened nothing yet, as after a restart."""
    app = new_app(room)
    with app.app_context():
        kept_file.forget_all()
        between_pages.forget_all()
        memory.forget()
        yield app
        end_page()
        leave_alone()


@pytest.fixture
def client(app: Flask):
    client = app.test_client()
    log_in(client, make_account("ana"))
    leave_alone()
    return client


def file_of(app: Flask, name: str) -> Path:
    return app.extensions["portal.settings"].data / name / f"{name}.sqlite3"


def sentence(app: Flask, name: str, fault: str) -> str:
    file, short = file_of(app, name), NAMES["ops"] if name == "ops" else name
    told = {"file": file, "disk": file.parent, "name": NAMES[name]}
    return SAYS[fault].format(**told, short=short[0].lower() + short[1:])


def plain(page: str) -> str:
    """What is read, in lower case."""
    return " ".join(re.sub(r"<[^>]*>", "", page).split()).lower()


def said(where: str, what: str) -> bool:
    return what.lower() in plain(where)


def test_the_guide_shows_these_sentences():
    lines = (ROOT / "docs" / "proofs.md").read_text(encoding="utf-8").splitlines()
    for fault, says in SAYS.items():
        [line] = [each for each in lines if each.startswith(f"| {fault} | “")]
        assert line.split("|")[2].strip(" “”") == re.sub(r"\{\w+\}", "…", says).strip(" ")


@pytest.mark.parametrize("fault", SAYS)
@pytest.mark.parametrize("name", NAMES)
def test_each_door_says_what_is_wrong_with_each_database(app, client, name, fault, caplog):
    if fault in {"full", "read-only"} and not can_mount:
        pytest.skip("only root may mount a disk")
    if fault == "no rights" and name == "production":
        pytest.skip("a process that has it open goes on; the other databases show the cell")
    if fault == "limited" and name != "ops":
        pytest.skip("a limit is the whole process’s")
    what, is_served, is_closed = sentence(app, name, fault), name == "production", fault in CLOSED
    seen = IDENTITY.get(fault, what) if name != "ops" else what
    caplog.set_level(logging.ERROR)
    with FAULTS[fault](file_of(app, name)):
        visitor, ready = app.test_client().get("/studios"), client.get("/readyz")
        pages = {page: client.get(page) for page in PAGES}
        leave_alone()
        status = app.test_cli_runner().invoke(args=["databases", "status"])
        leave_alone()
        check = app.test_cli_runner().invoke(args=["databases", "check"])
        leave_alone()

    is_down = is_served and is_closed
    # SQLite uses a descriptor again that another connection of this process left open, whatever the
    # file's rights are by now; and on a read-only disk it needs the log's shared memory.
    if fault not in {"no rights", "read-only"}:
        assert visitor.status_code == (503 if is_down else 200)
        assert said(visitor.text, BACK_SOON) is is_down
        assert ready.status_code == (503 if is_down else 200)
    assert str(file_of(app, name).parent) not in visitor.text
    if fault != "no rights" and (name == "ops" or (is_down and fault not in IDENTITY)):
        assert said(ready.text, what), ready.text

    home = pages.pop("/ops")
    assert home.status_code == (503 if name == "ops" and is_closed else 200)
    assert said(home.text, seen), plain(home.text)
    for page, answer in pages.items():
        assert answer.status_code in ({200, 503} if name == "ops" else {200}), page
        assert answer.status_code == 200 or said(answer.text, what), page

    for command in (status, check):
        assert command.exception is None or isinstance(command.exception, SystemExit)
    assert (check.exit_code, said(check.output, seen)) == (1, True), check.output
    if is_closed:
        assert said(status.output, seen), status.output
    if fault not in IDENTITY or name == "ops":
        assert said(caplog.text, what), caplog.text


def test_four_overwritten_pages_are_not_ready(app, client):
    """In the middle of the data, where neither identity nor revision is."""
    file = file_of(app, "production")
    assert client.get("/readyz").text == "ok\n"
    leave_alone()
    with put_back(file):
        pages = file.stat().st_size // PAGE
        with file.open("r+b") as handle:
            handle.seek(PAGE * (pages // 2))
            handle.write(b"\xa5" * PAGE * 4)
        answer = client.get("/readyz")
        leave_alone()
    assert answer.status_code == 503
    assert said(answer.text, sentence(app, "production", "damaged")), answer.text


def test_what_is_written_goes_into_the_file_at_the_path(app, client):
    """A connection of the pool still leads to the file that was removed."""
    file = file_of(app, "ops")
    make_account("omar")
    with missing(file):
        answer = client.post("/ops/time-zone", data={"zone": "Europe/Berlin"})
        assert answer.status_code == 503
        assert said(answer.text, sentence(app, "ops", "missing"))
        assert not file.exists()
        leave_alone()
    assert client.get("/ops").status_code == 200


MISSING_THINGS = {
    "ops": ("DROP TABLE runs", "SELECT id FROM runs", "table runs"),
    "production": (
        "ALTER TABLE users RENAME COLUMN email TO address",
        "SELECT users.email FROM users",
        "column users.email",
    ),
}


@pytest.mark.parametrize("name", MISSING_THINGS)
def test_what_is_missing_is_damaged_or_not_set_up_by_its_revision(app, name, tmp_path):
    """And a statement that names what no revision has is the program's own fault."""
    leave_alone()
    file = shutil.copy(file_of(app, name), tmp_path / "copy.sqlite3")
    config = load_settings({f"{name.upper()}_DATABASE_URL": f"sqlite:///{file}"})
    hand, statement, thing = MISSING_THINGS[name]
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:

        def said_of(statement: str) -> str:
            engine = create_engine(f"sqlite:///{file}", poolclass=NullPool)
            with pytest.raises(DBAPIError) as caught, engine.connect() as here:
                here.exec_driver_sql(statement)
            return str(fault_of(caught.value, config))

        (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        connection.execute(hand)
        damaged = f"{NAMES[name]} at {file} is damaged: {thing} is missing, which its revision, "
        assert said_of(statement).startswith(
            f"{damaged}{revision}, has. See: flask databases check."
        )
        assert said_of("SELECT nonsense") == said_of("SELECT 1 FROM nonsense") == "None"
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
        assert ("and this release needs" if name == "ops" else "not set up for") in said_of(
            statement
        )
        assert "is damaged" not in said_of(statement)
        assert said_of("SELECT nonsense") == "None"
