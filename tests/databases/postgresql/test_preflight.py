"""A preflight on PostgreSQL: a legacy database with all of it wrong, and the SQL that is named."""

import re
import subprocess
from dataclasses import replace

import psycopg
import pytest

from portal.databases.engines.postgresql import roles
from portal.databases.preflight.findings import Found, Subject
from portal.databases.preflight.report import lines_of
from portal.databases.preflight.run import OF_POSTGRESQL, asked, preflight
from portal.databases.status.check import check_targets
from tests.databases import stage
from tests.databases.postgresql.conftest import WORKER, names, superuser
from tests.databases.postgresql.test_roles import SITE
from tests.support.commands import run
from tests.support.postgres import running_server


def faults(target) -> list[Found]:
    return [each for each in preflight(target) if each.is_fault]


def said(found: list[Found]) -> str:
    return "\n".join(line for each in found for line in lines_of(each))


def carry_out(database: str, found: list[Found]) -> None:
    """Run each statement that the findings name, as a superuser in the database; … is an account
    without a studio."""
    free = "(SELECT max(id) FROM users WHERE id NOT IN (SELECT owner_id FROM studios))"
    for each in found:
        for step in each.steps:
            sql = step[step.find(": ") + 2 :] if not step.endswith(":") and ": " in step else step
            if sql.endswith(";"):
                superuser(sql.replace("…", free), database=database)


@pytest.fixture
def another(database):
    """A role of whoever made the database before."""
    role = f"{database}_legacy"
    superuser(f"CREATE ROLE {role}")
    yield role
    superuser(f"DROP OWNED BY {role} CASCADE", database=database)
    superuser(f"DROP ROLE {role}")


@pytest.fixture
def neglected(production, database, execute, another):
    """Everything at once; returns production."""
    execute(
        "CREATE SCHEMA crm",
        "CREATE TABLE crm.notes (id int PRIMARY KEY)",
        f"ALTER SCHEMA crm OWNER TO {another}",
        f"ALTER TABLE crm.notes OWNER TO {another}",
        f"ALTER TABLE reviews OWNER TO {another}",
        "CREATE EXTENSION dblink",
        "SET session_replication_role = replica; DELETE FROM users WHERE id ="
        " (SELECT owner_id FROM studios ORDER BY id LIMIT 1)",
        "UPDATE studios SET owner_id = (SELECT owner_id FROM studios WHERE id = 3), name = 'Twin'"
        " WHERE id = 2",
        "UPDATE studios SET created_at = 'infinity' WHERE id = 4",
        "UPDATE users SET updated_at = '0001-01-01 00:00:00 BC'"
        " WHERE id = (SELECT owner_id FROM studios WHERE id = 3)",
    )
    return production


def test_all_of_it_is_named_and_the_sql_it_names_makes_backups_possible(
    neglected, another, database, settings
):
    content, there = lambda: superuser(CONTENT, database=database), names()
    before = content()
    found = preflight(neglected)
    words = said(found)
    for expected in (
        f"Stops every change: 2 tables belong to {another}, not to {WORKER}: a change that alters",
        f"To note: 1 schema belongs to {another}, not to {WORKER}: a change that alters or drops",
        "table crm.notes",
        f"Fix: REASSIGN OWNED BY {another} TO {WORKER};",
        f"{WORKER} may not read table crm.notes, table reviews and sequence reviews_id_seq",
        "The extension dblink may only be made by a superuser",
        "DROP EXTENSION dblink;",
        "studios id = 1, owner_id = 1",
        "Not measured: Rows of reviews could not be looked at",
        "Not measured: The schema restored once could not be checked",
        "studios id = 4, created_at = infinity",
        "updated_at = 0001-01-01 00:00:00+00 BC",
        "The disk of the database's server can't be measured",
    ):
        assert expected in words, (expected, words)
    assert names() == there, "what it made is gone"

    in_short = checked()
    assert "1 row of studios refers to no row of users" in in_short
    assert content() == before, "nothing was changed"

    carry_out(database, [each for each in found if each.is_fault])
    found = preflight(neglected)
    assert re.search(r"User 3 \(\S+\) owns 2 studios: 2 \(Twin\), 3", said(found))
    carry_out(database, [each for each in found if each.is_fault])
    assert faults(neglected) == []
    assert stage.operate("databases.backup").is_done
    assert names() == there


def checked() -> str:
    [found] = [each for each in check_targets() if each.target.name == "production"]
    return " ".join(found.faults + found.notes)


def test_what_it_says_of_an_extension_and_of_a_row_is_true(production, execute):
    """Both stop a backup, each alone; and a whole database has no fault."""
    assert faults(production) == []
    execute("CREATE EXTENSION dblink")
    assert not stage.operate("databases.backup").is_done
    execute("DROP EXTENSION dblink")
    execute("SET session_replication_role = replica; DELETE FROM users WHERE id = 1")
    assert not stage.operate("databases.backup").is_done


CONTENT = """
SELECT (SELECT count(*) FROM pg_class), (SELECT string_agg(s::text, ' ' ORDER BY s.id) FROM studios
AS s), (SELECT max(xmin::text) FROM pg_class)
"""
REFUSED = {
    "no CONNECT": (
        "REVOKE CONNECT ON DATABASE {database} FROM PUBLIC, {role}",
        "GRANT CONNECT ON DATABASE {database} TO {role};",
    ),
    "a limit of the role": (
        "ALTER ROLE {role} CONNECTION LIMIT 0",
        "ALTER ROLE {role} CONNECTION LIMIT -1;",
    ),
    "a limit of the database": (
        "ALTER DATABASE {database} CONNECTION LIMIT 2",
        "ALTER DATABASE {database} CONNECTION LIMIT -1;",
    ),
    "no login": ("ALTER ROLE {role} NOLOGIN", "ALTER ROLE {role} LOGIN;"),
    "closed": (
        "ALTER DATABASE {database} ALLOW_CONNECTIONS false",
        "ALTER DATABASE {database} ALLOW_CONNECTIONS true;",
    ),
    "no new databases": ("ALTER ROLE {role} NOCREATEDB", "ALTER ROLE {role} CREATEDB;"),
    "another owner": (
        "ALTER DATABASE {database} OWNER TO postgres",
        "ALTER DATABASE {database} OWNER TO {role};",
    ),
    "read-only": (
        "ALTER ROLE {role} SET default_transaction_read_only = on",
        "ALTER ROLE {role} RESET default_transaction_read_only;",
    ),
}


@pytest.fixture
def reached(production, database):
    """By a role of this test alone, whose rights may change; the sites' role can always connect."""
    role = f"{database}_worker"
    superuser(
        f"CREATE ROLE {role} LOGIN CREATEDB IN ROLE {WORKER}, pg_signal_backend",
        f"ALTER DATABASE {database} OWNER TO {role}",
    )
    yield role
    superuser(
        f"ALTER DATABASE {database} ALLOW_CONNECTIONS true",
        f"ALTER DATABASE {database} OWNER TO {WORKER}",
        f"DROP OWNED BY {role}",
        f"DROP ROLE {role}",
    )


def test_what_keeps_a_role_out_is_named_with_its_sql(production, reached, database):
    """Asked through the sites' role where the worker's can't connect."""
    target = replace(production, url=production.url.set(username=reached))
    names_of = {"role": reached, "database": database}
    for what, (broken, fix) in REFUSED.items():
        superuser(broken.format(**names_of))
        found = asked(Subject(target), OF_POSTGRESQL[:5])
        [named] = [each for each in found if fix.format(**names_of) in each.steps]
        assert named.is_fault, what
        superuser(fix.format(**names_of))
        if "CONNECT" in broken:
            superuser(f"GRANT CONNECT ON DATABASE {database} TO PUBLIC")
        assert asked(Subject(target), OF_POSTGRESQL[:5]) == [], what


def test_a_role_that_may_not_connect_is_a_sentence_and_no_trace(
    production, reached, database, settings
):
    superuser(f"REVOKE CONNECT ON DATABASE {database} FROM PUBLIC, {reached}")
    url = production.url.set(username=reached).render_as_string(hide_password=False)
    env = {"PORTAL_DATA": str(settings.data), "SECRET_KEY": "t", "PRODUCTION_DATABASE_URL": url}
    ended = run("flask", "databases", "preflight", "production", env=env)
    assert ended.code == 1
    assert f"GRANT CONNECT ON DATABASE {database} TO {reached};" in ended.said
    assert "Not measured: Nothing inside the database could be checked: whether" in ended.said
    assert "Traceback" not in ended.said


def test_the_script_for_roles_gives_tables_schemas_and_the_rest_to_the_worker(
    production, database, another, execute
):
    execute(
        f"CREATE SCHEMA crm AUTHORIZATION {another}",
        "CREATE TABLE crm.notes (id serial PRIMARY KEY)",
        "CREATE VIEW crm.seen AS SELECT id FROM crm.notes",
        "CREATE TYPE crm.mood AS ENUM ('good')",
        "CREATE FUNCTION crm.one(int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "SELECT lo_create(7)",
        *(
            f"ALTER {what} OWNER TO {another}"
            for what in ("TABLE crm.notes", "VIEW crm.seen", "TYPE crm.mood", "TABLE studios",
                         "FUNCTION crm.one(int)", "LARGE OBJECT 7", f"DATABASE {database}")
        ),
    )  # fmt: skip
    script = roles.script(production.url.set(username=SITE), production.url)
    assert script[-3] == f'\\connect "{database}"'
    superuser(*script[-2:], database=database)

    assert faults(production) == []
    with pytest.raises(psycopg.errors.RaiseException, match="another database"):
        superuser(script[-1])


def test_the_script_for_roles_may_be_run_again(production, database, settings):
    """By psql, as the guide says; a role that is there is somebody's, and stays what it is."""
    worker, site = f"{database}_own'er %", f'{database}_"site"'
    urls = {
        "ADMIN": production.url.set(username=worker),
        "DATABASE": production.url.set(username=site),
    }
    env = {f"PRODUCTION_{key}_URL": url.render_as_string(False) for key, url in urls.items()}
    env |= {"PORTAL_DATA": str(settings.data), "SECRET_KEY": "t"}
    script = run("flask", "databases", "roles", "production", "--script", env=env).out
    asked = (
        "SELECT rolcanlogin, rolcreatedb, rolsuper FROM pg_roles"
        f" WHERE rolname LIKE '{database}%' ORDER BY rolcreatedb DESC"
    )
    try:
        assert psql(script) == ""
        assert superuser(asked) == [(True, True, False), (True, False, False)]
        superuser(f'ALTER ROLE "{database}_""site""" NOLOGIN')
        assert psql(script).count("is there already, and is left as it is.") == 2
        assert superuser(asked) == [(True, True, False), (False, False, False)]
    finally:
        superuser(f'REASSIGN OWNED BY "{worker}" TO {WORKER}', database=database)
        superuser(f'DROP ROLE "{worker}"', f'DROP ROLE "{database}_""site"""')


def psql(script: str) -> str:
    """What it says of the script to the terminal, run as a superuser up to its first fault."""
    server = running_server()
    words = [server.tools / "psql", "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1"]
    done = subprocess.run(
        [*words, "--host", server.folder, "--username", "postgres", "postgres"],
        input=script, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr
