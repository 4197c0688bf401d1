"""Grants are no part of a backup: the proof and the restore leave them out, and the roles' own
command gives them anew."""

import pytest

from portal.databases.engines import engine_for
from portal.databases.targets import database_roles
from portal.databases.targets.identity import judge
from tests.databases import stage
from tests.databases.postgresql.conftest import superuser
from tests.databases.postgresql.test_roles import as_site, served, settings
from tests.databases.stage import ANA

__all__ = ["served", "settings"]  # fixtures
PHRASE = {"by": ANA, "text": "RESTORE PRODUCTION"}


@pytest.fixture
def analyst(database, execute):
    """A role that somebody let read; it has to be gone before the test ends."""
    role = f"{database}_analyst"
    superuser(f"CREATE ROLE {role}")
    execute(f"GRANT SELECT ON studios TO {role}")
    yield role
    superuser(f"DROP ROLE IF EXISTS {role}")


def test_it_is_restored_where_a_role_is_missing_that_it_grants_to(
    served, database, analyst, execute
):
    execute(f"COMMENT ON DATABASE \"{database}\" IS E'Ask the night desk.\\n{_comment(database)}'")
    name = stage.operate("databases.backup").result["backup"]
    execute(f"DROP OWNED BY {analyst}", f"DROP ROLE {analyst}")

    operation = stage.operate("databases.restore", backup=name, **PHRASE)
    assert operation.is_done, operation.outcome
    assert judge(served).fits
    assert database_roles.wrong_rights(served) == []
    assert as_site(database, "SELECT count(*) FROM studios") == [(6,)]
    assert "Ask the night desk." in _comment(database)

    superuser(f'DROP DATABASE "{database}" WITH (FORCE)')
    operation = stage.operate("databases.place", backup=name, **PHRASE)
    assert operation.is_done, operation.outcome
    assert judge(served).fits
    assert as_site(database, "SELECT count(*) FROM studios") == [(6,)]


def _comment(database: str) -> str:
    query = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname ="
    return superuser(f"{query} '{database}'")[0][0]


def test_a_placing_that_fails_leaves_nothing(production, database, monkeypatch):
    name = stage.operate("databases.backup").result["backup"]
    superuser(f'DROP DATABASE "{database}" WITH (FORCE)')
    stage.lose_the_file_as_it_is_placed(monkeypatch)

    operation = stage.operate("databases.place", backup=name, **PHRASE)

    assert not operation.is_done
    assert not engine_for(production.url).exists()
