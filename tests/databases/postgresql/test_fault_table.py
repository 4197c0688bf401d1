"""Production on a server that misbehaves: what each door says. The table of files is
tests/databases/test_fault_table.py."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import create_engine
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from portal.core.configuration.settings import Settings, load_settings
from portal.core.faults.cause import Cause
from portal.core.faults.sentences import DatabaseFault, fault_of
from portal.core.storage.database import db
from portal.databases.policies.maintenance import begin_maintenance, end_maintenance
from portal.databases.targets.readiness import BACK_SOON
from portal.databases.targets.registry import control_room
from portal.databases.tasks import watch
from tests.databases import stage
from tests.databases.postgresql.conftest import WORKER, as_worker, placed, superuser, template
from tests.databases.test_fault_table import leave_alone, plain, said
from tests.support.cast import log_in, make_account


@pytest.fixture
def settings(tmp_path: Path, database: str) -> Settings:
    address = as_worker(database).render_as_string(hide_password=False)
    environ = {"PORTAL_DATA": str(tmp_path / "data"), "SECRET_KEY": "only for tests"}
    return load_settings(environ | {"PORTAL_ENV": "production", "PRODUCTION_DATABASE_URL": address})


def changed(do: str, undo: str) -> object:
    @contextmanager
    def fault(name: str) -> Iterator[None]:
        superuser(*do.format(name=name, role=WORKER).split("; "))
        try:
            yield
        finally:
            superuser(*undo.format(name=name, role=WORKER).split("; "))

    return fault


FAULTS = {
    "missing": changed(
        'ALTER DATABASE "{name}" RENAME TO "{name}_away"',
        'ALTER DATABASE "{name}_away" RENAME TO "{name}"',
    ),
    "no login": changed("ALTER ROLE {role} NOLOGIN", "ALTER ROLE {role} LOGIN"),
    "no right": changed(
        'ALTER DATABASE "{name}" OWNER TO postgres;'
        ' REVOKE CONNECT ON DATABASE "{name}" FROM PUBLIC',
        'ALTER DATABASE "{name}" OWNER TO {role}; GRANT CONNECT ON DATABASE "{name}" TO PUBLIC',
    ),
    "no connection": changed(
        "ALTER ROLE {role} CONNECTION LIMIT 0", "ALTER ROLE {role} CONNECTION LIMIT -1"
    ),
    "read-only": changed(
        "ALTER ROLE {role} SET default_transaction_read_only = on",
        "ALTER ROLE {role} RESET default_transaction_read_only",
    ),
}
SAYS = {
    "missing": "There is no database at {address}, and production should be there.",
    "no login": "refuses role talkback_worker:",
    "no right": "refuses role talkback_worker:",
    "no connection": "accepts no more connections:",
    "read-only": "is read-only on its server, {address}.",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_door_says_what_is_wrong_with_a_server(app: Flask, client, database, fault, caplog):
    app.config["PROPAGATE_EXCEPTIONS"] = False
    control_room(is_demo=True)
    placed(template(6, stage.HEAD), database)
    log_in(client, make_account("ana"))
    leave_alone()
    caplog.set_level(logging.ERROR)
    host = as_worker(database).query["host"]
    place = URL.create("postgresql", database=database, query={"host": host})
    what = SAYS[fault].format(address=place.render_as_string())
    with FAULTS[fault](database):
        visitor, ready = app.test_client().get("/studios"), client.get("/readyz")
        home, databases = client.get("/ops"), client.get("/ops/databases")
        status = app.test_cli_runner().invoke(args=["databases", "status"])
        check = app.test_cli_runner().invoke(args=["databases", "check"])
        watch.look_for_faults()  # as the worker does every ten seconds
        leave_alone()
    is_down = fault != "read-only"
    assert (visitor.status_code, ready.status_code) == ((503, 503) if is_down else (200, 200))
    assert said(visitor.text, BACK_SOON) is is_down
    assert not is_down or said(ready.text, what), ready.text
    assert (home.status_code, databases.status_code) == (200, 200)
    assert not is_down or said(home.text, what), plain(home.text)
    assert not is_down or said(status.output, what), status.output
    assert (check.exit_code, said(check.output, what)) == (1, True), check.output
    assert said(caplog.text, what), caplog.text


def test_ready_means_that_a_page_gets_a_connection(app: Flask, client, database):
    """The pool's own connection still answers when the role's limit is reached."""
    control_room(is_demo=True)
    placed(template(6, stage.HEAD), database)
    assert client.get("/readyz").text == "ok\n"
    held = db.engine.connect()
    superuser(f"ALTER ROLE {WORKER} CONNECTION LIMIT 1")
    try:
        db.session.remove()
        answer = client.get("/readyz")
    finally:
        superuser(f"ALTER ROLE {WORKER} CONNECTION LIMIT -1")
        held.close()
    assert answer.status_code == 503
    assert "accepts no more connections" in answer.text


NO_ROOM = """
CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION 'could not extend file base/5/16384: No space left on device'
        USING ERRCODE = 'disk_full', HINT = 'Check free disk space.'; END $$;
CREATE TRIGGER no_room BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION no_room()
"""
FULL = (
    "is full, and {name} needs room there: could not extend file base/5/16384: No space left on"
    " device. Make room on that disk: no restart is needed."
)


@contextmanager
def full_disk(database: str, table: str) -> Iterator[None]:
    """The server's disk has no room for another row of this table."""
    superuser(NO_ROOM.format(table=table), database=database)
    try:
        yield
    finally:
        superuser("DROP FUNCTION no_room CASCADE", database=database)


def test_a_full_disk_under_production_is_one_sentence(app: Flask, client, database):
    control_room(is_demo=True)
    production = placed(template(6, stage.HEAD), database)
    begin_maintenance(production, because="It is tried", by=stage.OMAR)
    end_maintenance(production, by=stage.OMAR)
    words = ["databases", "maintenance", "production", "on", "--reason", "Moving house"]
    with full_disk(database, "portal_maintenance"):
        stopped = app.test_cli_runner().invoke(args=words)
        assert client.get("/studios").status_code == 200
    assert stopped.exit_code == 1
    assert said(stopped.output, FULL.format(name="the production database")), stopped.output
    assert app.test_cli_runner().invoke(args=words).exit_code == 0


CODES = {
    "53100": Cause.FULL,
    "25006": Cause.READ_ONLY,
    "42501": Cause.NO_RIGHTS,
    "XX001": Cause.DAMAGED,
    "55P03": Cause.LOCKED,
    "53300": Cause.CROWDED,
    "57P03": Cause.UNREACHABLE,
}


def test_a_servers_codes_have_their_causes(app: Flask, settings, database):
    placed(template(6, stage.HEAD), database)
    engine = create_engine(settings.production_url)
    for code, cause in CODES.items():
        statement = f"DO $$ BEGIN RAISE EXCEPTION 'Said so' USING ERRCODE = '{code}'; END $$"
        with pytest.raises(DBAPIError) as caught, engine.connect() as connection:
            connection.exec_driver_sql(statement)
        fault = fault_of(caught.value, settings)
        assert isinstance(fault, DatabaseFault), code
        assert (fault.cause, fault.place.key) == (cause, "production")
        assert "production database" in fault.sentence or "production should" in fault.sentence
    engine.dispose()


def test_a_server_that_is_away_is_unreachable(tmp_path, database, app: Flask, settings):
    nowhere = settings.production_url.update_query_dict({"host": str(tmp_path)})
    config = load_settings(
        {
            "PORTAL_DATA": str(tmp_path),
            "PRODUCTION_DATABASE_URL": nowhere.render_as_string(hide_password=False),
        }
    )
    with pytest.raises(DBAPIError) as caught:
        create_engine(nowhere).connect()
    fault = fault_of(caught.value, config)
    assert isinstance(fault, DatabaseFault)
    assert fault.cause is Cause.UNREACHABLE
    assert fault.sentence.startswith("The production database can’t be reached at ")
