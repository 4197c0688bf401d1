"""Tables of other owners and rows that row security hides: named, with the grant that fixes it."""

import pytest

from portal.core.errors import Refused
from portal.core.storage.database import db
from portal.databases.engines import engine_for
from portal.databases.engines.copies import copier_for
from portal.databases.status.check import check_targets
from portal.databases.targets import database_roles
from portal.databases.targets.registry import control_room
from tests.databases import stage
from tests.databases.postgresql.conftest import WORKER, superuser
from tests.databases.stage import ANA
from tests.support.commands import run


@pytest.fixture
def of_another(production, database, execute):
    """A schema and a table of somebody else's, which the worker may not read."""
    role = f"{database}_alice"
    superuser(f"CREATE ROLE {role}")
    execute(
        f"CREATE SCHEMA crm AUTHORIZATION {role}",
        'CREATE TABLE crm."Notes.x" (id serial PRIMARY KEY)',
        'INSERT INTO crm."Notes.x" DEFAULT VALUES',
        f'ALTER TABLE crm."Notes.x" OWNER TO {role}',
    )
    stage.make_known(production)
    yield role
    execute(f"DROP OWNED BY {role} CASCADE")
    superuser(f"DROP ROLE {role}")


def faults() -> str:
    [found] = [each for each in check_targets() if each.target.name == "production"]
    return " ".join(found.faults)


def test_what_can_not_be_read_is_named_with_the_grants_everywhere(
    production, of_another, execute, settings, database
):
    grants = (
        f"GRANT USAGE ON SCHEMA crm TO {WORKER};"
        f' GRANT SELECT ON TABLE crm."Notes.x" TO {WORKER};'
        f' GRANT SELECT ON SEQUENCE crm."Notes.x_id_seq" TO {WORKER};'
    )
    said = f'may not read table crm."Notes.x" and sequence crm."Notes.x_id_seq", of {of_another}'
    control_room().is_demo = True
    db.session.commit()
    env = {
        "PORTAL_DATA": str(settings.data),
        "SECRET_KEY": "only for tests",
        "PRODUCTION_DATABASE_URL": production.url.render_as_string(hide_password=False),
    }
    for command in ("check", "backup production"):
        ended = run("flask", "databases", *command.split(), env=env)
        assert ended.code == 1, command
        assert said in ended.said, ended.said
        assert grants in ended.said, ended.said
        assert "Traceback" not in ended.said
    compared = pytest.raises(Refused, match="may not read")
    with compared, engine_for(production.url).reading() as connection:
        engine_for(production.url).count_rows(connection)

    execute(*grants.rstrip(";").split(";"))

    assert "may not read" not in faults()
    assert copier_for(production.url).content().counts['crm."Notes.x"'] == 1
    name = stage.operate("databases.backup").result["backup"]
    restored = stage.operate("databases.restore", by=ANA, backup=name, text="RESTORE PRODUCTION")
    assert restored.is_done, restored.outcome
    assert f'Table crm."Notes.x" belonged to {of_another}' in restored.outcome


def test_what_can_not_be_changed_is_said_with_its_owner_and_the_grant(
    production, of_another, execute
):
    execute(f"ALTER TABLE users OWNER TO {of_another}", f"GRANT SELECT ON users TO {WORKER}")
    engine = engine_for(production.url)
    with pytest.raises(Refused) as refused, engine.changing() as connection:
        connection.exec_driver_sql("ALTER TABLE users ADD COLUMN extra int")

    said = str(refused.value)
    assert "must be owner of table users. Nothing was changed." in said
    assert f"Table users belongs to {of_another}" in said
    assert f"GRANT {of_another} TO {WORKER};" in said
    assert f"ALTER TABLE public.users OWNER TO {WORKER};" in said
    superuser(f"GRANT {of_another} TO {WORKER}")
    with engine.changing() as connection:
        connection.exec_driver_sql("ALTER TABLE users ADD COLUMN extra int")


def test_rows_that_row_security_hides_are_not_taken_for_all(production, execute):
    execute(
        "ALTER TABLE reviews ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE reviews FORCE ROW LEVEL SECURITY",
        "CREATE POLICY none_of_it ON reviews USING (false)",
    )
    stage.make_known(production)
    assert "Row security hides rows of table reviews" in faults()
    operation = stage.operate("databases.backup")
    assert f"ALTER ROLE {WORKER} BYPASSRLS" in operation.outcome
    superuser(f"ALTER ROLE {WORKER} BYPASSRLS")
    try:
        assert "Row security" not in faults()
        assert "bypasses row security" not in " ".join(database_roles.wrong_rights(production))
        assert stage.operate("databases.backup").is_done
    finally:
        superuser(f"ALTER ROLE {WORKER} NOBYPASSRLS")
