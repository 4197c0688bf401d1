"""Two roles: the sites' may read and write rows, the worker's may change the schema through the
guard alone."""

import shutil
import warnings
from dataclasses import replace
from pathlib import Path

import flask_migrate
import psycopg
import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import text

from portal.audit.actor import SYSTEM
from portal.core.configuration.settings import Settings, load_settings
from portal.core.errors import Refused, Unavailable
from portal.core.storage.database import db
from portal.databases.engines import engine_for
from portal.databases.engines.copies import copier_for
from portal.databases.migrations.history import FOLDER
from portal.databases.policies.drift import drift_of
from portal.databases.policies.maintenance import begin_maintenance
from portal.databases.preflight.findings import Subject
from portal.databases.preflight.postgresql_ownership import owners
from portal.databases.status.overview import overview_of
from portal.databases.status.safeguards import layers_of
from portal.databases.targets import database_roles
from portal.databases.targets.config import target_named
from portal.databases.targets.creation import create_database
from portal.jobs.processes import session_name
from tests.databases import stage
from tests.databases.postgresql.conftest import WORKER, as_worker, dsn, superuser
from tests.databases.stage import OMAR
from tests.faults.forks import in_a_fork
from tests.support.changes import approved_ticket, change

SITE = "talkback_site"
FORBIDDEN = (
    "CREATE TABLE extra (id int)",
    "ALTER TABLE studios ADD COLUMN extra int",
    "DROP TABLE reviews",
    "CREATE INDEX extra ON studios (name)",
    "TRUNCATE reviews",
    "UPDATE alembic_version SET version_num = 'x'",
    "DELETE FROM portal_identity",
    "INSERT INTO portal_journal VALUES ('T', 'p', NULL, 'r', 'now')",
    "CREATE SCHEMA extra",
    "DROP TRIGGER portal_guard ON alembic_version",
)


@pytest.fixture
def settings(tmp_path: Path, database: str) -> Settings:
    """A site of production with a role of its own, beside the worker's."""
    own = as_worker(database)
    addresses = {
        f"{environment}_{which}_URL": own.set(username=role, database=name).render_as_string(False)
        for environment, name in (("PRODUCTION", database), ("DEVELOPMENT", f"{database}_dev"))
        for which, role in (("DATABASE", SITE), ("ADMIN", WORKER))
    }
    told = {"PORTAL_DATA": str(tmp_path / "data"), "SECRET_KEY": "t", "PORTAL_ENV": "production"}
    return load_settings({**told, **addresses})


@pytest.fixture
def served(production):
    """Production with both roles, made and granted as the guide says."""
    _, _, site, *_ = database_roles.script_for(production)
    if not superuser(f"SELECT 1 FROM pg_roles WHERE rolname = '{SITE}'"):
        superuser(site)
    assert database_roles.renew_rights(production) == []
    return production


def as_site(database: str, *statements: str) -> list[tuple]:
    with psycopg.connect(dsn(database, SITE), application_name=session_name()) as connection:
        for statement in statements:
            rows = connection.execute(statement)
        return rows.fetchall() if rows.description else []


def test_a_site_reads_and_writes_rows_and_changes_no_schema(app, served, database):
    for statement in FORBIDDEN:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            as_site(database, statement)
    new = "INSERT INTO studios (owner_id, name) SELECT max(id), 'New' FROM users RETURNING id"
    assert as_site(database, "DELETE FROM studios WHERE id = 1", new)
    query = text("SELECT current_user, current_setting('application_name')")
    assert db.session.execute(query).one() == (SITE, session_name())
    db.session.remove()
    db.engine.dispose()

    change(served, ticket=approved_ticket(served))

    assert as_site(database, "SELECT count(*) FROM studio_profiles") == [(7,)]
    assert as_site(database, "SELECT count(*) FROM legacy_user_profiles") == [(6,)]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_site(database, FORBIDDEN[0])
    rename = text("UPDATE users SET display_name = 'x'")
    db.session.execute(rename)
    db.session.rollback()
    begin_maintenance(served, because="Moving house", by=OMAR)
    with pytest.raises(Unavailable):
        db.session.execute(rename)


def test_rights_too_many_are_named(served, database):
    superuser(f"ALTER ROLE {SITE} CREATEDB", f"GRANT {WORKER} TO {SITE}")
    try:
        assert database_roles.wrong_rights(served) == [
            f"{SITE} may make databases.",
            f"{SITE} may become {WORKER}, and so change the schema.",
            f"{SITE} may make tables.",
        ]
        assert holds(served, "Guard") is False
    finally:
        superuser(f"ALTER ROLE {SITE} NOCREATEDB", f"REVOKE {WORKER} FROM {SITE}")
    superuser("DROP TRIGGER portal_guard ON alembic_version", database=database)
    [missing] = database_roles.guard_faults(served)
    assert "trigger on alembic_version is missing" in missing
    assert database_roles.renew_rights(served) == [], "and is put back"


def test_what_the_roles_command_grants_is_no_drift_and_what_a_hand_granted_stays(served, execute):
    execute(f"REVOKE SELECT ON studios FROM {SITE}")
    stage.make_known(served)
    execute("GRANT SELECT ON users TO PUBLIC")

    assert database_roles.renew_rights(served) == []

    with engine_for(served.url).reading() as connection:
        drift = drift_of(served, connection)
    assert [each.words for each in drift.differences] == [
        "grant on table users to PUBLIC was added"
    ]


def test_a_site_tells_the_same_of_the_database_as_the_worker(served, execute):
    """Though it may read less."""
    execute(
        f"CREATE SCHEMA crm AUTHORIZATION {WORKER}",
        "CREATE TABLE crm.notes AS SELECT 1 AS id",
        f"ALTER TABLE crm.notes OWNER TO {WORKER}",
    )
    stage.make_known(served)
    as_seen_by_a_site = replace(served, url=served.site_url)
    seen = overview_of(as_seen_by_a_site)
    assert (seen.fits, seen.drift, seen.guard_faults, seen.unreadable) == (True, None, [], None)

    execute("ALTER TABLE crm.notes OWNER TO postgres")

    seen = overview_of(as_seen_by_a_site)
    assert f"GRANT SELECT ON TABLE crm.notes TO {WORKER};" in (seen.unreadable or "")
    assert seen.drift


def test_the_page_of_layers_knows_roles_and_sessions(served, database):
    assert holds(served, "Guard") is True
    with psycopg.connect(dsn(database, SITE), application_name="night report"):
        [gate] = [each for each in layers_of(overview_of(served)) if each.name == "Release gate"]
    assert gate.sentence.startswith("Refuses a change beside “night report” of talkback_site")


def holds(target, name: str) -> bool | None:
    [layer] = [each for each in layers_of(overview_of(target)) if each.name == name]
    return layer.holds


def test_of_what_a_superuser_owns_only_that_stops_a_change_which_does(served, execute):
    execute(
        "CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE TYPE mood AS ENUM ('good')",
        f"CREATE SEQUENCE counted; GRANT SELECT ON SEQUENCE counted TO {WORKER}",
        f"CREATE VIEW seen AS SELECT 1 AS a; GRANT SELECT ON seen TO {WORKER}",
        "CREATE SCHEMA crm; CREATE VIEW crm.seen AS SELECT 1 AS a",
        f"SELECT lo_create(7); GRANT SELECT ON LARGE OBJECT 7 TO {WORKER}",
    )
    stage.make_known(served)
    [note] = owners(Subject(served))
    assert note.heading == "To note"
    assert note.sentence.startswith(
        "1 schema, 2 views, 1 sequence, 1 routine, 1 type and 1 large object belong to postgres"
    )
    assert database_roles.renew_rights(served) == []
    change(served, ticket=approved_ticket(served))
    assert stage.revision(served) == stage.HEAD

    execute(
        "ALTER SCHEMA public OWNER TO postgres",
        "ALTER FUNCTION portal_guard() OWNER TO postgres",
        f"REVOKE ALL ON seen FROM {WORKER}",
    )
    stopping, _ = owners(Subject(served))
    assert stopping.heading == "Stops every change"
    assert stopping.named == (
        "schema public",
        "view public.seen",
        "routine public.portal_guard()",
    )
    with pytest.raises(Refused, match="denied for table seen. .*preflight TARGET"):
        database_roles.renew_rights(served)


def test_a_directory_is_made_for_both_roles(app, served, database):
    development = target_named("development")
    create_database(development, by=SYSTEM)
    assert database_roles.wrong_rights(development) == []
    assert as_site(f"{database}_dev", "SELECT count(*) FROM studio_profiles") == [(0,)]
    superuser("CREATE ROLE stranger LOGIN")
    try:
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            psycopg.connect(dsn(f"{database}_dev", "stranger"))
    finally:
        superuser("DROP ROLE stranger")


def test_an_old_checkout_with_flask_migrates_own_env_is_refused(production, tmp_path):
    before = copier_for(production.url).content()
    folder = tmp_path / "old"
    said = tmp_path / "said"

    def upgrade() -> None:
        warnings.simplefilter("ignore")  # its own, of what is old in it
        old = Flask("old")
        old.config["SQLALCHEMY_DATABASE_URI"] = production.url
        flask_migrate.Migrate(old, SQLAlchemy(old), directory=str(folder))
        with old.app_context():
            flask_migrate.init()
            shutil.copytree(FOLDER / "versions", folder / "versions", dirs_exist_ok=True)
            try:
                flask_migrate.upgrade()
            except Exception as error:
                said.write_text(str(error))

    assert in_a_fork(upgrade) == 0
    assert "Only a change that passed Talkback’s guard may write here." in said.read_text()
    assert "migrating" not in (folder / "env.py").read_text(), "it is the stock one"
    assert copier_for(production.url).content() == before
    assert stage.revision(production) == stage.LEGACY
    with engine_for(production.url).reading() as connection:
        assert "studio_profiles" not in engine_for(production.url).tables(connection)
