"""The control room's own database with two roles: who serves pages does not own its schema."""

import os
import re
import subprocess
from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import text

from portal.app import create_app
from portal.audit.actor import SYSTEM
from portal.audit.chain.verification import verify_log
from portal.audit.service import record
from portal.core.configuration.settings import ROOT, load_settings
from portal.core.storage.database import db
from portal.databases.backups.catalogue.find import backup_named
from portal.databases.targets import database_roles
from portal.databases.targets.config import ops_database
from tests.databases import stage
from tests.databases.postgresql.conftest import WORKER, as_worker, dsn, superuser
from tests.databases.postgresql.test_roles import SITE
from tests.support.cast import make_account
from tests.support.commands import run
from tests.support.postgres import running_server

FORBIDDEN = (
    "CREATE TABLE extra (id int)",
    "DROP TABLE tickets",
    "ALTER TABLE audit DISABLE TRIGGER audit_no_update",
    "DROP TRIGGER audit_in_turn ON audit",
    "UPDATE alembic_version SET version_num = 'x'",
    "UPDATE audit SET target = 'x'",
    "DELETE FROM audit",
    "DELETE FROM audit_head",
    "UPDATE audit_personal SET value = 'x'",
)


@pytest.fixture(scope="module")
def name() -> Iterator[str]:
    """The name of the ops database of this module."""
    name = f"ops{uuid4().hex[:8]}"
    yield name
    superuser(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture(scope="module")
def env(tmp_path_factory, name) -> dict[str, str]:
    """Set up once by the command, as both roles; each test leaves it as it was, but for rows."""
    own = as_worker(name)
    env = {
        "PORTAL_DATA": str(tmp_path_factory.mktemp("ops") / "data"),
        "SECRET_KEY": "t",
        "OPS_DATABASE_URL": own.set(username=SITE).render_as_string(hide_password=False),
        "OPS_ADMIN_URL": own.render_as_string(hide_password=False),
    }
    if not superuser(f"SELECT 1 FROM pg_roles WHERE rolname = '{SITE}'"):
        script = run("flask", "databases", "roles", "ops", "--script", env=env).out
        superuser(script.splitlines()[2])
    made = run("flask", "portal", "setup", env=env)
    assert made.code == 0, made.said
    return env


@pytest.fixture
def app(env):
    """Served as by a site."""
    app = create_app(load_settings(env))
    with app.app_context():
        yield app
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()


def test_it_is_set_up_by_one_role_and_served_by_another(app, env, name):
    with db.engines["ops"].connect() as connection:
        assert connection.scalar(text("SELECT current_user")) == SITE
    make_account("ana")
    record("test.happened", by=SYSTEM, target="a site's write")
    db.session.commit()
    for statement in FORBIDDEN:
        site = psycopg.connect(dsn(name, SITE))
        with site, pytest.raises(psycopg.errors.InsufficientPrivilege):
            site.execute(statement)
    owner = psycopg.connect(dsn(name, WORKER))
    with owner, pytest.raises(psycopg.errors.RaiseException, match="append-only"):
        owner.execute("DELETE FROM audit")

    operation = stage.operate("backups.ops", target=None)
    assert operation.is_done, operation.outcome
    assert backup_named(operation.result["backup"]).is_proven, "by the role that may"
    assert verify_log().fault is None
    db.session.rollback()

    site_alone = {**env, "OPS_ADMIN_URL": ""}
    assert run("flask", "audit", "verify", env=site_alone).code == 0
    refused = run("flask", "databases", "roles", "ops", env=site_alone)
    assert "Set OPS_ADMIN_URL for the worker and this command." in refused.said
    again = run("flask", "portal", "setup", env=env)
    assert again.code == 0, again.said
    looked = run("flask", "databases", "roles", "ops", env=env)
    assert (looked.code, looked.said) == (
        0,
        "The site of ops may read and write rows, and nothing more.",
    )

    superuser(f"GRANT DELETE ON audit TO {SITE}", database=name)
    assert database_roles.wrong_rights(ops_database()) == [f"{SITE} may DELETE of audit."]
    assert database_roles.renew_rights(ops_database()) == [], "and is taken away again"


def test_without_the_owners_address_no_schema_is_made(env, database, tmp_path):
    superuser(f"CREATE DATABASE {database} OWNER {WORKER}")
    site = as_worker(database).set(username=SITE).render_as_string(hide_password=False)
    alone = {"OPS_DATABASE_URL": site, "OPS_ADMIN_URL": "", "PORTAL_DATA": str(tmp_path)}
    made = run("flask", "portal", "setup", env={**env, **alone})
    assert made.code != 0
    assert "could not be set up: permission denied for schema public" in made.sentence
    assert "OPS_ADMIN_URL" in made.sentence


def test_its_loss_is_undone_with_the_command_of_the_guide(app, env, name):
    """As docs/bad-night.md says: an empty one by the set-up, then the dump into it."""
    make_account("omar")
    db.session.commit()
    backup = backup_named(stage.operate("backups.ops", target=None).result["backup"])
    file, entries = backup.name, backup.checkpoint["entries"]
    db.session.remove()
    for engine in db.engines.values():
        engine.dispose()
    superuser(f'DROP DATABASE "{name}" WITH (FORCE)')
    assert run("flask", "portal", "setup", env=env).code == 0

    guide = (ROOT / "docs" / "bad-night.md").read_text(encoding="utf-8")
    [command] = re.findall(r"`(pg_restore [^`]+)`", guide)
    where = {"PGHOST": str(running_server().folder), "PGUSER": WORKER, "PATH": os.environ["PATH"]}
    line = command.replace("-d ops", f"-d {name}").replace("OPS-BACKUP", file)
    words = line.replace("PORTAL_DATA", env["PORTAL_DATA"]).split()
    program = running_server().tools / words[0]
    done = subprocess.run([program, *words[1:]], env=where, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()

    assert run("flask", "portal", "setup", env=env).code == 0
    manifest = f"{env['PORTAL_DATA']}/backups/{file}.json"
    verified = run("flask", "audit", "verify", "--checkpoint", manifest, env=env)
    assert verified.code == 0, verified.said
    assert f"All {entries} entries hold." in verified.said
    assert database_roles.wrong_rights(ops_database()) == []
    assert "omar@example.com" in run("flask", "accounts", "list", env=env).said
