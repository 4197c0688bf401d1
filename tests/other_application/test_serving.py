"""Maintenance mode of another application: its own engine only reads, as its database has it."""

import subprocess
import sys
from contextlib import suppress

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from portal.core.configuration.settings import load_settings
from portal.core.errors import Conflict, SettingError
from portal.databases.policies.maintenance import begin_maintenance, end_maintenance
from portal.databases.status.overview import overview_of
from portal.databases.status.safeguards import layers_of
from portal.guarded.serving import Unavailable, read_only_in_maintenance
from tests.databases.stage import OMAR
from tests.other_application.conftest import SUBSCRIBERS, taken_in
from tests.other_application.test_postgresql import address, database

NAME = "newsletter/production"
OBEYS = {"NEWSLETTER_PRODUCTION_OBEYS_MAINTENANCE": "yes"}
WRITES = [
    "/* c */ DELETE FROM subscribers",
    "WITH x AS (SELECT 1) INSERT INTO subscribers (id, email, name) SELECT 99, 'a', 'b'",
    "-- c\nUPDATE subscribers SET name = 'x'",
]
__all__ = ["address", "database"]


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(newsletter, request):
    told = OBEYS
    if request.param == "postgresql":
        there = request.getfixturevalue("address")
        told = OBEYS | {"NEWSLETTER_PRODUCTION_DATABASE_URL": there}
    return load_settings(newsletter.variables() | told)


@pytest.fixture
def theirs(app):
    """The newsletter's own engine, as plain SQLAlchemy makes it."""
    target = taken_in(NAME)
    url = (
        target.url.update_query_dict({"mode": "rw"}) if "sqlite" in str(target.url) else target.url
    )
    engine = create_engine(url)
    read_only_in_maintenance(engine)
    yield target, engine
    engine.dispose()


def test_it_reads_and_writes_nothing_until_it_ends(theirs):
    target, engine = theirs
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE subscribers SET name = 'Before'")
    begin_maintenance(target, because="Moving house", by=OMAR)

    for statement in WRITES:
        with engine.connect() as connection, pytest.raises(Unavailable, match="nothing was saved"):
            connection.execute(text(statement))
    for switch in ("PRAGMA query_only = OFF", "SET TRANSACTION READ WRITE", "COMMIT"):
        for statement in WRITES:
            with engine.connect() as connection, suppress(DBAPIError, Unavailable):
                connection.exec_driver_sql(switch)
                connection.exec_driver_sql(statement)
                connection.commit()
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT DISTINCT name, count(*) FROM subscribers GROUP BY 1"
        )
        assert rows.all() == [("Before", SUBSCRIBERS)]

    end_maintenance(target, by=OMAR)
    with engine.begin() as connection:
        connection.exec_driver_sql("/* c */ UPDATE subscribers SET name = 'After'")


def test_the_page_says_that_it_holds(theirs):
    layers = {each.name: each for each in layers_of(overview_of(theirs[0]))}
    assert layers["Window and maintenance mode"].holds


def test_only_who_says_so_obeys(newsletter):
    told = newsletter.variables() | {"NEWSLETTER_PRODUCTION_OBEYS_MAINTENANCE": "perhaps"}
    with pytest.raises(SettingError, match="OBEYS_MAINTENANCE is “perhaps”; it is yes or no"):
        load_settings(told)
    [production, development] = load_settings(newsletter.variables() | OBEYS).others
    assert (production.obeys_maintenance, development.obeys_maintenance) == (True, False)


def test_it_needs_neither_flask_nor_the_control_room():
    program = (
        "import sys, portal.guarded.serving;"
        "sys.exit(bool({'flask', 'portal.app', 'sqlglot'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_without_the_setting_it_stays_refused(app):
    with pytest.raises(Conflict, match="serves no page"):
        begin_maintenance(taken_in("newsletter/development"), because="x", by=OMAR)
