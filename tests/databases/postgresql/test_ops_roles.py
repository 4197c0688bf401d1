"""The control room's own database with two roles: who serves pages does not own its schema."""

import os
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
from portal.core.configuration.settings import load_settings
from portal.core.storage.database import db
from portal.databases.backups.catalogue.find import backup_named
from portal.databases.targets import database_roles
from portal.databases.targets.config import ops_database
from tests.databases import stage
from tests.databases.postgresql.conftest import WORKER, as_worker, dsn, superuser
from tests.databases.postgresql.test_roles import SITE
from tests.support.cast import make_account
from tests.support.commands import run
from tests.support.guide import commands_of
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


def test_its_loss_is_undone_with_the_commands_of_the_guide(app, env, name, monkeypatch):
    """As docs/bad-night.md says: an empty one by the set-up, then the dump into it."""
    make_account("omar")
    db.session.commit()
    backup = backup_named(stage.operate("backups.ops", target=None).result["backup"])
    file = backup.name
    db.session.remove()
    for engine in db.engines.values():
        engine.dispose()
    superuser(f'DROP DATABASE "{name}" WITH (FORCE)')
    assert run("flask", "portal", "setup", env=env).code == 0

    monkeypatch.chdir(env["PORTAL_DATA"])  # no command may rest on where it is run
    for line in commands_of("bad-night.md")["From its newest backup, on PostgreSQL"]:
        if line.split()[2] in {"store", "fetch"} or line == "flask databases check":
            continue  # of the store; the two targets of this room are not there
        code, words = as_written(line, env, file)
        assert code == 0, (line, words)

    verified = run("flask", "accounts", "list", env=env)
    assert "omar@example.com" in verified.said
    assert database_roles.wrong_rights(ops_database()) == []


def as_written(line: str, env: dict[str, str], backup: str) -> tuple[int, str]:
    """A line of the guide in a shell, with the variables of the set-up and nothing else."""
    line = line.replace("OPS-BACKUP", backup)
    if line.startswith("flask "):
        ended = run(*line.replace("$PORTAL_DATA", env["PORTAL_DATA"]).split(), env=env)
        return ended.code, ended.said
    plain = {key: value.replace("+psycopg", "") for key, value in env.items()}
    path = os.pathsep.join([str(running_server().tools), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-ec", line], env={**plain, "PATH": path}, capture_output=True, check=False
    )
    return done.returncode, done.stderr.decode()
