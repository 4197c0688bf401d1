"""The sync between two PostgreSQL databases: nothing of production in development's dump."""

import signal
import subprocess
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from portal.app import create_app
from portal.core.configuration.settings import Settings, load_settings
from portal.core.storage.database import db, site_tables
from portal.databases.engines import engine_for
from portal.databases.engines.copies import copier_for
from portal.databases.engines.postgresql.copies.tools import tools_for
from portal.databases.sync import service
from portal.databases.sync.columns.rules import load_rules
from portal.databases.sync.results import last_sync
from portal.databases.targets import database_roles
from portal.databases.targets.config import Target, target_named
from portal.databases.targets.identity import judge
from portal.jobs.models import Operation
from portal.jobs.operations.recovery import reconcile_lost
from portal.jobs.operations.service import perform, request_operation
from portal.jobs.processes import session_name
from tests.databases import stage
from tests.databases.postgresql.conftest import (
    WORKER,
    as_worker,
    clone,
    dsn,
    names,
    placed,
    superuser,
    template,
)
from tests.databases.postgresql.test_roles import SITE, as_site
from tests.databases.sync.planted import IN_PROSE, PLACES, PROSE, pieces
from tests.databases.sync.visits import ROWS as VISITS
from tests.databases.sync.visits import SECRETS, TRAVEL
from tests.faults.forks import in_a_fork
from tests.faults.moments import kill


@pytest.fixture
def settings(tmp_path: Path, database: str) -> Settings:
    """Both on one server, development with a role of its own for its site."""
    own = as_worker(database)
    development = own.set(database=f"{database}_dev")
    addresses = {
        "PRODUCTION_DATABASE_URL": own,
        "DEVELOPMENT_DATABASE_URL": development.set(username=SITE),
        "DEVELOPMENT_ADMIN_URL": development,
    }
    told = {name: url.render_as_string(False) for name, url in addresses.items()}
    return load_settings({"PORTAL_DATA": str(tmp_path / "data"), "SECRET_KEY": "t", **told})


@pytest.fixture
def development(production: Target, database: str, execute) -> Target:
    """At this release's revision, with its site's role; and people planted in production."""
    for table, column in PLACES:
        execute(f"UPDATE {table} SET {column} = '{PROSE}' WHERE id % 3 = 1")
    execute("ANALYZE")
    with psycopg.connect(dsn(database), application_name=session_name()) as connection:
        connection.execute("SELECT lo_from_bytea(0, %s)", (PROSE.encode(),))
    clone(template(6, stage.HEAD), f"{database}_dev")
    target = target_named("development")
    _, _, site, *_ = database_roles.script_for(target)
    if not superuser(f"SELECT 1 FROM pg_roles WHERE rolname = '{SITE}'"):
        superuser(site)
    stage.make_known(target)
    assert database_roles.renew_rights(target) == []
    stage.make_known(target)
    return target


def said_of_people(target: Target) -> set[str]:
    said = set(IN_PROSE)
    with engine_for(target.url).reading() as connection:
        for table, lines in load_rules().items():
            present = set(
                connection.execute(
                    text(
                        "SELECT column_name FROM information_schema.columns WHERE table_name = :t"
                    ),
                    {"t": table},
                ).scalars()
            )
            for name in (name for name, rule in lines.items() if not rule.is_kept):
                if name in present:
                    values = connection.execute(text(f"SELECT DISTINCT {name} FROM {table}"))
                    said |= {piece for value in values.scalars() for piece in pieces(value)}
    return said


def dumped(target: Target) -> str:
    with engine_for(target.url).reading() as connection:
        program = tools_for(connection) / "pg_dump"
    command = [str(program), "--create", f"--dbname={dsn(target.url.database, WORKER)}"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_nothing_of_production_is_in_developments_dump(production, development, database, execute):
    before = copier_for(production.url).content()
    said = said_of_people(production)

    operation = stage.operate("databases.sync", target="development")

    assert operation.is_done, operation.outcome
    sync, dump = last_sync("development"), dumped(development)
    assert len(said) > 60
    assert {piece for piece in said if piece in dump} == set()
    assert PROSE.encode().hex() not in dump, "large objects stay behind"
    assert "@people.invalid" in dump
    assert "COPY public.users" in dump

    assert copier_for(production.url).content() == before, "production was only read"
    assert stage.revision(development) == stage.HEAD
    judgement = judge(development)
    assert judgement.fits, judgement
    assert judgement.label.database_uuid == sync.database_uuid
    count = "SELECT count(*) FROM users"
    assert as_site(f"{database}_dev", count) == [(sync.counts["users"],)]
    assert database_roles.wrong_rights(development) == []
    assert {name for name in names() if name.startswith(database)} == {database, f"{database}_dev"}

    first = fakes_of(development)
    execute("UPDATE users SET display_name = display_name || ' again' WHERE id = 1")
    assert killed_behind_the_swap().is_done
    assert judge(development).fits, "and known by its new number"
    second = fakes_of(development)
    assert {email for email, _ in second} == {email for email, _ in first}
    assert len(second - first) == 1, "the same person gets the same name at every sync"
    assert as_site(f"{database}_dev", count) == [(len(second),)]


def test_no_row_of_visits_travels(app, development, database, execute):
    """Production at the newest revision too; development has visits of its own."""
    superuser(f"DROP DATABASE {database} WITH (FORCE)")
    placed(template(6, stage.HEAD), database)
    execute(*VISITS)
    with psycopg.connect(dsn(f"{database}_dev"), autocommit=True) as connection:
        for row in VISITS:
            connection.execute(row)

    operation = stage.operate("databases.sync", target="development")

    assert operation.is_done, operation.outcome
    dump, sync = dumped(development), last_sync("development")
    assert [each for each in SECRETS.values() if each in dump] == []
    assert "Thackeray" not in dump
    assert set(sync.tables_left) == site_tables() - set(TRAVEL)
    counts = engine_counts(development)
    assert {name for name in site_tables() if counts[name]} == set(TRAVEL)


def engine_counts(target: Target) -> dict[str, int]:
    with engine_for(target.url).reading() as connection:
        return engine_for(target.url).count_rows(connection)


def test_a_new_column_and_the_wrong_way_are_refused(production, development, execute, settings):
    both = (production, development)
    execute("ALTER TABLE users ADD COLUMN nickname text")
    before = [copier_for(each.url).content() for each in both]

    operation = stage.operate("databases.sync", target="development")
    assert operation.state == "refused"
    assert "There is no rule for users.nickname; nothing was synced" in operation.outcome

    turned = replace(
        settings, production_url=development.url, development_url=production.url, admin_urls={}
    )
    db.session.rollback()
    with create_app(turned).app_context():
        operation = stage.operate("databases.sync", target="development")
        assert operation.state == "refused"
        assert "leads to the development database" in operation.outcome
        db.session.remove()
    assert [copier_for(each.url).content() for each in both] == before


BY_HAND = {
    "view said": "CREATE VIEW said AS SELECT '{}'::text AS name",
    "function tells()": "CREATE FUNCTION tells() RETURNS trigger LANGUAGE plpgsql AS"
    " 'BEGIN /* {} */ RETURN NEW; END'",
    "trigger reviews.tells": "CREATE TRIGGER tells BEFORE INSERT ON reviews FOR EACH ROW"
    " WHEN (NEW.content = '{}') EXECUTE FUNCTION tells()",
    "index ix_hers": "CREATE INDEX ix_hers ON users (id) WHERE display_name = '{}'",
    "constraint reviews.ck_hers": "ALTER TABLE reviews ADD CONSTRAINT ck_hers"
    " CHECK (content <> '{}')",
    "column users.display_name": "ALTER TABLE users ALTER display_name SET DEFAULT '{}'",
    "type mood": "CREATE TYPE mood AS ENUM ('{}')",
    "sequence {}": 'CREATE SEQUENCE "{}"',
    "rule users.tells": "CREATE RULE tells AS ON UPDATE TO users DO ALSO SELECT '{}'",
    "policy users.hers": "CREATE POLICY hers ON users USING (display_name <> '{}')",
}
SAID = [
    "COMMENT ON TABLE users IS '{}'",
    "COMMENT ON COLUMN users.email IS '{}'",
    "COMMENT ON SCHEMA public IS '{}'",
    "COMMENT ON CONSTRAINT fk_reviews_studio_id_studios ON reviews IS '{}'",
    "COMMENT ON FUNCTION tells IS '{}'",
    "CREATE STATISTICS hers ON id, (display_name || '{}') FROM users",
]


def test_only_what_its_own_revisions_make_is_in_development(production, development, execute):
    secret = IN_PROSE[3]
    execute(*(each.format(secret) for each in [*BY_HAND.values(), *SAID]))
    execute(f'GRANT SELECT ON SEQUENCE "{secret}" TO {WORKER}')
    own = execute("SELECT shobj_description(oid, 'pg_database') FROM pg_database"
                  " WHERE datname = current_database()")  # fmt: skip
    words = f"{secret}\n{own[0][0]}"
    execute(f"COMMENT ON DATABASE \"{production.url.database}\" IS '{words}'")

    operation = stage.operate("databases.sync", target="development")

    assert operation.is_done, operation.outcome
    behind = last_sync("development").left_behind
    more = ["column said.name", "statistics hers"]
    assert set(behind) == {each.format(secret) for each in [*BY_HAND, *more]}
    assert f"{len(behind)} objects that its revisions don't make" in operation.outcome
    assert secret not in dumped(development)
    with engine_for(as_worker(template(6, stage.HEAD))).reading() as connection:
        made = engine_for(as_worker("x")).structure_objects(connection)
    with engine_for(development.url).reading() as connection:
        assert engine_for(development.url).structure_objects(connection) == made
    with pytest.raises(psycopg.errors.UniqueViolation):
        as_site(development.url.database, "INSERT INTO users SELECT * FROM users LIMIT 1")
    next_id = "SELECT nextval('users_id_seq') > (SELECT max(id) FROM users)"
    assert as_site(development.url.database, next_id) == [(True,)]


WHOLE = "a number from 0 to 100000"
HIDDEN = [
    ("user_profiles", "rate_tier_1", "447911123", WHOLE),
    ("users", "updated_at", "'infinity'", "a time between 1970 and a year from now"),
    ("studio_images", "sort_order", "'NaN'", WHOLE),
]
LOOSENED = {"sort_order": "ALTER sort_order TYPE numeric"}


def test_what_hides_in_a_kept_column_stops_the_sync(production, development, execute):
    """Also where a hand gave the column another type."""
    before = copier_for(development.url).content()
    for table, column, value, than in HIDDEN:
        if column in LOOSENED:
            execute(f"ALTER TABLE {table} {LOOSENED[column]}")
        [(was, number)] = execute(f"SELECT {column}::text, id FROM {table} ORDER BY id LIMIT 1")
        execute(f"UPDATE {table} SET {column} = {value} WHERE id = {number}")
        said = stage.operate("databases.sync", target="development").outcome
        assert f"{table}.{column} of production holds something other than {than}" in said
        assert value.strip("'") not in said
        back = "NULL" if was is None else f"'{was}'"
        execute(f"UPDATE {table} SET {column} = {back} WHERE id = {number}")
    assert copier_for(development.url).content() == before


def killed_behind_the_swap() -> Operation:
    """A sync whose process dies before anything is on record; then the next start."""
    operation = request_operation("databases.sync", by=stage.OMAR, target="development")
    number = operation.id
    db.session.commit()

    def run() -> None:
        service.complete = lambda *_args, **_more: kill()
        perform(db.session.get_one(Operation, number))

    assert in_a_fork(run) == -signal.SIGKILL
    reconcile_lost()
    return db.session.get_one(Operation, number, populate_existing=True)


def fakes_of(target: Target) -> set[tuple[str, str]]:
    with engine_for(target.url).reading() as connection:
        rows = connection.execute(text("SELECT email, display_name FROM users"))
        return {(email, name) for email, name in rows}
