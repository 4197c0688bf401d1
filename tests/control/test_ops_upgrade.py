"""The ops database's own revisions: they only add, after a verified copy, and never go back."""

import shutil
import sqlite3
from contextlib import closing
from uuid import uuid4

import pytest
from alembic import command
from sqlalchemy import Engine, event

from portal.app import create_app
from portal.audit.actor import SYSTEM
from portal.audit.chain.verification import verify_log
from portal.audit.service import record
from portal.control import ops_upgrade
from portal.core.clock import now
from portal.core.configuration.settings import Settings
from portal.core.errors import PortalError
from portal.core.storage.database import db
from portal.core.storage.sqlite import SchemaAccess, open_sqlite
from portal.databases.backups.catalogue.find import backups
from portal.databases.backups.files import file_of
from portal.databases.backups.models import Purpose
from portal.databases.targets.config import ops_database
from portal.databases.targets.models import ControlRoom
from tests.support.commands import run

EARLIER = "0007"
# Indexes come and go: they change how fast the release before reads, and nothing of what.
ADDING = (
    "CREATE TABLE",
    "CREATE INDEX",
    "CREATE UNIQUE INDEX",
    "CREATE TRIGGER",
    "INSERT INTO",
    "DROP INDEX",
)


@pytest.fixture
def app(settings: Settings):
    """A control room as an earlier release left it: in use, and some revisions behind."""
    app = create_app(settings)
    with app.app_context():
        ops_upgrade._make_file(settings.data / "ops.sqlite3")
        with open_sqlite(ops_database().url, access=SchemaAccess.UPGRADE).begin() as connection:
            config = ops_database().history.config()
            config.attributes["connection"] = connection
            command.upgrade(config, EARLIER)
            row = {"id": 1, "uuid": str(uuid4()), "is_demo": True, "identity_key": b"k" * 32}
            known = ControlRoom.__table__.insert().values({**row, "created_at": now()})
            connection.execute(known)
        record("test.happened", by=SYSTEM)
        db.session.commit()
        yield app
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()


def revision(file) -> str:
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]


def test_it_is_copied_and_proven_before_it_is_upgraded(app, settings):
    said = []
    ops_upgrade.prepare_ops(said.append)

    [copy] = backups("ops")
    assert (copy.revision, copy.purpose, copy.is_proven) == (EARLIER, Purpose.CHANGE, True)
    assert copy.checkpoint["entries"] == 1
    assert revision(file_of(copy)) == EARLIER
    assert revision(settings.data / "ops.sqlite3") == ops_database().history.head()
    assert copy.name in said[0]
    assert verify_log().fault is None

    ops_upgrade.prepare_ops(said.append)
    assert (len(said), len(backups("ops"))) == (1, 1), "there is nothing to do any more"


def test_what_can_not_be_copied_is_not_upgraded(app, settings):
    (settings.data / "backups").write_text("in the way")

    with pytest.raises((PortalError, OSError)):
        ops_upgrade.prepare_ops()
    assert revision(settings.data / "ops.sqlite3") == EARLIER


def test_a_newer_releases_database_is_left_as_it_is(settings, empty_ops):
    settings.data.mkdir()
    file = settings.data / "ops.sqlite3"
    shutil.copy(empty_ops, file)
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")

    env = {"PORTAL_DATA": str(settings.data), "SECRET_KEY": "t"}
    made = run("flask", "portal", "setup", env=env)
    assert made.code == 0, made.said
    assert "at 9999, of a newer release: it is left as it is" in made.out
    assert revision(file) == "9999"


def test_its_revisions_only_add(settings):
    """Code of the release before goes on with what they left."""
    app, seen = create_app(settings), []
    with app.app_context():

        def heard(*told: object) -> None:
            seen.append(told[2])

        event.listen(Engine, "before_cursor_execute", heard)
        ops_upgrade.prepare_ops()
        event.remove(Engine, "before_cursor_execute", heard)
        db.engines["ops"].dispose()

    changing = [each.strip() for each in seen if not is_reading(each)]
    assert len(changing) > 60
    assert [each for each in changing if not each.startswith(ADDING) and not adds(each)] == []


def is_reading(statement: str) -> bool:
    own = "alembic_version" in statement
    return own or statement.strip().startswith(("SELECT", "PRAGMA", "BEGIN", "COMMIT"))


def adds(statement: str) -> bool:
    """A column that the code of before need not know."""
    is_needed = "NOT NULL" in statement and "DEFAULT" not in statement
    return statement.startswith("ALTER TABLE") and " ADD COLUMN " in statement and not is_needed
