"""Unfit means a maintenance page: 503 and never 500, nothing written, and back by itself."""

import pytest
from alembic import command
from sqlalchemy import text

from portal.core.errors import Unavailable
from portal.core.storage.database import db
from portal.databases.targets import readiness
from portal.directory.revisions import SERVES
from portal.jobs.leases import holder as leases
from tests.support.changes import change
from tests.support.databases import (
    HEAD,
    LEGACY,
    change_by_hand,
    change_ops_by_hand,
    copy_file,
    dump,
    file_of,
    make_database,
)
from tests.support.questions import asked_as_one_begins

PAGES = ["/", "/studios", "/studios?q=voice", "/studios/nobody-1"]


@pytest.fixture
def site(app):
    """The development directory, with studios, at head."""
    return make_database("development", studios=12)


@pytest.fixture(autouse=True)
def _as_it_was():
    yield
    readiness.declare(SERVES)


def closed(client, path="/"):
    answer = client.get(path)
    return answer.status_code == 503 and "Retry-After" in answer.headers


def test_a_fitting_database_is_served(client, site):
    assert readiness.why_unfit() is None
    assert client.get("/").status_code == 200


@pytest.mark.parametrize("path", PAGES)
def test_old_code_on_a_newer_schema_closes(client, site, path):
    before = dump(file_of(site))
    readiness.declare(frozenset({LEGACY}))

    assert closed(client, path)
    assert HEAD in readiness.why_unfit()
    assert dump(file_of(site)) == before


@pytest.mark.parametrize("path", PAGES)
def test_new_code_on_the_old_schema_closes(client, app, path):
    make_database("development", LEGACY, studios=12)

    assert closed(client, path)


def test_a_revision_from_the_future_closes(client, site):
    change_by_hand(file_of(site), "UPDATE alembic_version SET version_num = 'ffff'")

    assert "ffff" in readiness.why_unfit()
    assert closed(client)


@pytest.mark.parametrize(
    "by_hand",
    [
        "DELETE FROM alembic_version",
        "DROP TABLE alembic_version",
        "DROP TABLE portal_identity",
        "DELETE FROM portal_identity",
        "UPDATE portal_identity SET environment = 'production'",
        "UPDATE portal_identity SET application = 'another'",
        "ALTER TABLE portal_identity DROP COLUMN signature",
        "DROP TABLE reviews",
        "INSERT INTO alembic_version VALUES ('0001')",
        (
            "INSERT INTO portal_identity"
            " SELECT application, environment, 'x', stamped_at, signature FROM portal_identity"
        ),
    ],
)
def test_what_does_not_fit_closes(client, site, by_hand):
    change_by_hand(file_of(site), by_hand)

    assert readiness.why_unfit()
    assert closed(client)


def test_a_page_waits_for_one_question_of_it(site):
    asked_as_one_begins()  # from here on it is known which tables there are
    asked = asked_as_one_begins()

    assert len(asked) - asked.count("BEGIN") == 1, asked


@pytest.mark.parametrize("table", ["portal_maintenance", "derived_state", "portal_identity"])
def test_a_table_that_goes_and_comes_back_is_asked_about_as_it_is_now(client, site, table):
    """Which tables there are is known from before, and never taken for granted."""
    before = client.get("/").status_code, readiness.why_unfit()
    change_by_hand(file_of(site), f"ALTER TABLE {table} RENAME TO away")
    assert bool(readiness.why_unfit()) is (table == "portal_identity")
    assert closed(client) is (table == "portal_identity")
    change_by_hand(file_of(site), f"ALTER TABLE away RENAME TO {table}")
    assert (client.get("/").status_code, readiness.why_unfit()) == before == (200, None)
    assert len(asked_as_one_begins()) - asked_as_one_begins().count("BEGIN") == 1


def test_production_at_developments_address_is_not_served(client, app):
    production = make_database("production", studios=12)
    file_of(production).rename(file_of(production).with_name("development.sqlite3"))

    assert "says it is production" in readiness.why_unfit()
    assert closed(client)


def test_a_missing_file_closes_and_none_is_made(client, app, settings):
    assert closed(client)
    assert not (settings.data / "development.sqlite3").exists()


def test_a_file_that_is_no_database_closes(client, site):
    file_of(site).write_bytes(b"not a database " * 1000)

    assert closed(client)


def test_a_moved_file_is_still_served(client, site):
    """A site does not go down over a hint; only changes wait for a person."""
    kept = file_of(site).rename(file_of(site).with_name("kept.sqlite3"))
    copy_file(kept, file_of(site))

    assert client.get("/").status_code == 200


def test_a_table_that_goes_missing_under_a_page_closes(client, site, app):
    """The check passed, and then the ground moved: not a fault, but maintenance."""
    app.extensions["portal.directory.check"] = lambda: None
    change_by_hand(file_of(site), "DROP TABLE studio_images")

    assert closed(client, "/studios")


def test_a_fault_of_our_own_stays_a_fault(client, site, app, caplog):
    app.extensions["portal.directory.check"] = lambda: db.session.execute(text("SELECT nonsense"))
    app.config["PROPAGATE_EXCEPTIONS"] = False

    assert client.get("/").status_code == 500
    assert "no such column: nonsense" in caplog.text
    assert "Traceback" in caplog.text


def test_a_process_whose_lease_ran_out_closes_until_it_renews(client, site, monkeypatch):
    held = leases.take_lease("web", environment="development", serves=sorted(SERVES))
    try:
        assert client.get("/").status_code == 200
        held._valid_until = float("-inf")
        assert closed(client)
        assert "lease" in readiness.why_unfit()
        held.renew()
        assert client.get("/").status_code == 200
    finally:
        leases.end_lease()


def test_the_visitor_does_not_see_the_reason(client, site):
    readiness.declare(frozenset({LEGACY}))

    assert HEAD not in client.get("/").text
    with pytest.raises(Unavailable, match="can’t be shown at the moment"):
        readiness.require_fit()


def test_after_the_migration_the_site_serves_by_itself(client, app):
    target = make_database("development", LEGACY, studios=12)
    assert closed(client)

    change(target)

    assert client.get("/studios").status_code == 200


def test_after_the_way_back_it_closes_by_itself(client, site):
    assert client.get("/studios").status_code == 200

    change(site, what=command.downgrade, to=LEGACY)

    assert closed(client, "/studios")


def test_public_pages_do_not_ask_ops(client, site):
    change_ops_by_hand("DROP TABLE registered_targets")

    assert client.get("/").status_code == 200


def test_the_control_room_stays_up_when_the_directory_does_not(client, app):
    assert closed(client)
    assert client.get("/ops/login").status_code == 200
