"""The control room of the release before, brought to this one: nothing is lost, nothing shared."""

from datetime import timedelta

import pytest
from alembic import command
from sqlalchemy import inspect, text

from portal.app import create_app
from portal.control import ops
from portal.core.clock import now
from portal.core.database import db
from portal.databases.registry import control_room
from portal.databases.targets import ops_database
from portal.incidents.models import PrivateLink, Question, ReadingConfirmation, UnsharedReports
from portal.incidents.unshared import undecided
from tests.incidents.sharing.conftest import FIRST, add_client
from tests.support.cast import make_account


@pytest.fixture
def app(settings):
    """At revision 0008, with clients who read, confirmed and asked."""
    app = create_app(settings)
    with app.app_context():
        ops._make_file(settings.data / "ops.sqlite3")
        with db.engines["ops"].begin() as connection:
            config = ops_database().history.config()
            config.attributes["connection"] = connection
            command.upgrade(config, "0008")
        control_room(is_demo=True)
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


def test_all_rows_are_kept_and_what_clients_could_read_is_asked_about(app, write):
    cleo = make_account("cleo")
    contact = add_client("acme", ("Cleo", cleo)).contacts[0]
    later = now() + timedelta(days=3)
    link = PrivateLink(
        token_hash="x", slug="outage", contact=contact, created_by="Ana", expires_at=later
    )
    question = Question(slug="outage", account=cleo, text="Is it over?")
    confirmed = ReadingConfirmation(slug="outage", sha256="x", account=cleo)
    db.session.add_all([link, question, confirmed])
    db.session.commit()
    before, said = rows(), []
    write(FIRST)
    db.session.remove()  # as in a process of its own

    ops.prepare_ops(said.append)

    after = rows()
    grew = {name for name in before if after[name] != before[name]}
    assert {name for name in grew if not name.startswith("audit")} <= {"backups"}
    assert set(after) - set(before) == {"report_shares", "unshared_reports"}
    assert (after["report_shares"], after["private_links"]) == (0, 1)
    assert [each.slug for each in undecided()] == ["outage"]
    assert any("1 report does not say who reads it" in each for each in said)
    db.session.remove()
    ops.prepare_ops(said.append)
    assert db.session.query(UnsharedReports).count() == 1
