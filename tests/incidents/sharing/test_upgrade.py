"""The control room of the release before, brought to this one: nothing is lost, nothing shared."""

from datetime import timedelta
from uuid import uuid4

import pytest
from alembic import command
from sqlalchemy import inspect, text

from portal.app import create_app
from portal.control import ops_upgrade
from portal.core.clock import now
from portal.core.storage.database import db
from portal.core.storage.sqlite import SchemaAccess, open_sqlite
from portal.databases.targets.config import ops_database
from portal.databases.targets.models import ControlRoom
from portal.incidents.models import UnsharedReports
from portal.incidents.sharing.unshared import undecided
from tests.incidents.sharing.conftest import FIRST


@pytest.fixture
def app(settings):
    """At revision 0008, with clients who read, confirmed and asked."""
    app = create_app(settings)
    with app.app_context():
        ops_upgrade._make_file(settings.data / "ops.sqlite3")
        with open_sqlite(ops_database().url, access=SchemaAccess.UPGRADE).begin() as connection:
            config = ops_database().history.config()
            config.attributes["connection"] = connection
            command.upgrade(config, "0008")
            row = {"id": 1, "uuid": str(uuid4()), "is_demo": True, "identity_key": b"k" * 32}
            known = ControlRoom.__table__.insert().values({**row, "created_at": now()})
            connection.execute(known)
        db.session.commit()
        yield app
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()


def rows():
    with db.engines["ops"].connect() as connection:
        names = inspect(connection).get_table_names()
        query = "SELECT count(*) FROM {}"  # names of our own
        return {name: connection.execute(text(query.format(name))).scalar() for name in names}


def put_clients():
    """As the release before wrote them, which knows no columns that came later."""
    at = now().isoformat(" ")
    tables = {
        "accounts": {
            "id": 1,
            "email": "cleo@example.com",
            "name": "Cleo",
            "role": "client",
            "password_hash": "x",
            "time_zone": "UTC",
            "created_at": at,
            "password_changed_at": at,
        },
        "organisations": {
            "id": 1,
            "slug": "acme",
            "name": "Acme",
            "reading": "all",
            "created_at": at,
        },
        "contacts": {
            "id": 1,
            "organisation_id": 1,
            "account_id": 1,
            "name": "Cleo",
            "email": "cleo@acme.example",
            "salutation": "Cleo",
            "time_zone": "UTC",
            "gets_messages": True,
            "created_at": at,
        },
        "private_links": {
            "id": 1,
            "token_hash": "x",
            "slug": "outage",
            "contact_id": 1,
            "created_at": at,
            "created_by": "Ana",
            "expires_at": (now() + timedelta(days=3)).isoformat(" "),
        },
        "questions": {
            "id": 1,
            "slug": "outage",
            "account_id": 1,
            "asked_at": at,
            "text": "Over?",
        },
        "reading_confirmations": {
            "id": 1,
            "slug": "outage",
            "sha256": "x",
            "account_id": 1,
            "at": at,
        },
    }
    with db.engines["ops"].begin() as connection:
        for table, values in tables.items():
            places = ", ".join(f":{name}" for name in values)
            statement = f"INSERT INTO {table} ({', '.join(values)}) VALUES ({places})"  # our own
            connection.execute(text(statement), values)


def test_all_rows_are_kept_and_what_clients_could_read_is_asked_about(app, write):
    put_clients()
    before, said = rows(), []
    write(FIRST)
    db.session.remove()  # as in a process of its own

    ops_upgrade.prepare_ops(said.append)

    after = rows()
    grew = {name for name in before if after[name] != before[name]}
    assert {name for name in grew if not name.startswith("audit")} <= {"backups"}
    assert {"report_shares", "unshared_reports"} <= set(after) - set(before)
    assert (after["report_shares"], after["private_links"]) == (0, 1)
    assert [each.slug for each in undecided()] == ["outage"]
    assert any("1 report does not say who reads it" in each for each in said)
    db.session.remove()
    ops_upgrade.prepare_ops(said.append)
    assert db.session.query(UnsharedReports).count() == 1
