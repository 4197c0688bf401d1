"""The log on a real PostgreSQL: the same record, the same refusals, the same verification."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from portal.app import create_app
from portal.audit.actor import SYSTEM
from portal.audit.chain.verification import verify_log
from portal.audit.models import Outcome
from portal.audit.service import record, record_now
from portal.audit.statements import execute_all
from portal.core.configuration.settings import load_settings
from portal.core.storage.database import db, reading
from tests.audit.test_many_processes import changes_of_hand, write_at_once
from tests.audit.test_record import record_around_savepoints
from tests.support.ops_on_postgres import postgres_ops

__all__ = ["postgres_ops"]

STATEMENTS = [
    ("UPDATE audit SET target = 'x' WHERE seq = 2", "append-only"),
    ("DELETE FROM audit WHERE seq = 3", "append-only"),
    ("TRUNCATE audit", "append-only"),
    ("TRUNCATE audit_head", "append-only"),
    ("DELETE FROM audit_head", "append-only"),
    ("UPDATE audit_head SET seq = 1", "one entry at a time"),
    ("UPDATE audit_personal SET value = 'x'", "append-only"),
    (
        "INSERT INTO audit SELECT * FROM audit WHERE seq = 2 ON CONFLICT (seq) DO UPDATE SET seq=9",
        "in turn",
    ),
]


@pytest.fixture
def pg_app(tmp_path, postgres_ops):
    address = postgres_ops.render_as_string(hide_password=False)
    app = create_app(
        load_settings(
            {"PORTAL_DATA": str(tmp_path), "SECRET_KEY": "k", "OPS_DATABASE_URL": address}
        )
    )
    with app.app_context():
        for number in range(3):
            record("test.happened", by=SYSTEM, target=f"target {number}", outcome=Outcome.DONE)
        db.session.commit()
        yield app
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()


def run(statement: str) -> None:
    with db.engines["ops"].begin() as connection:
        connection.execute(text(statement))


def test_it_holds_and_refuses_what_sqlite_refuses(pg_app):
    for statement, words in STATEMENTS:
        with pytest.raises(Exception, match=words):
            run(statement)
    with reading():
        record_now("test.read", by=SYSTEM)
        db.session.rollback()
    result = verify_log()
    assert (result.entries, result.fault) == (4, None)


def test_an_edited_entry_is_named(pg_app):
    run("ALTER TABLE audit DISABLE TRIGGER USER")
    run("UPDATE audit SET canonical = replace(canonical, 'target 1', 'target 9') WHERE seq = 2")
    assert verify_log().first_bad == 2


def function(name: str, body: str) -> str:
    return (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {body} RETURN NEW; END $$"
    )


UNDO = [  # each way around the triggers, what puts it right again, and what is said of it
    (
        ["ALTER TABLE audit DISABLE TRIGGER audit_no_update"],
        ["ALTER TABLE audit ENABLE TRIGGER audit_no_update"],
        "audit_no_update is disabled",
    ),
    (
        ["ALTER TABLE audit ENABLE REPLICA TRIGGER audit_no_delete"],
        ["ALTER TABLE audit ENABLE TRIGGER audit_no_delete"],
        "audit_no_delete is disabled",
    ),
    (
        [
            "CREATE TABLE elsewhere (seq integer)",
            "ALTER TRIGGER audit_no_update ON audit RENAME TO hidden",
            (
                "CREATE TRIGGER audit_no_update BEFORE UPDATE ON elsewhere "
                "FOR EACH ROW EXECUTE FUNCTION audit_no_update()"
            ),
        ],
        ["DROP TABLE elsewhere", "ALTER TRIGGER hidden ON audit RENAME TO audit_no_update"],
        "audit_no_update is missing; hidden on audit is not the product’s",
    ),
    (
        [
            "DROP TRIGGER audit_no_update ON audit",
            (
                "CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit FOR EACH ROW WHEN (false) "
                "EXECUTE FUNCTION audit_no_update()"
            ),
        ],
        [
            "DROP TRIGGER audit_no_update ON audit",
            (
                "CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit "
                "FOR EACH ROW EXECUTE FUNCTION audit_no_update()"
            ),
        ],
        "audit_no_update was replaced",
    ),
    (
        [
            "DROP TRIGGER audit_no_update ON audit",
            (
                "CREATE TRIGGER audit_no_update BEFORE UPDATE OF seq ON audit "
                "FOR EACH ROW EXECUTE FUNCTION audit_no_update()"
            ),
        ],
        [
            "DROP TRIGGER audit_no_update ON audit",
            (
                "CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit "
                "FOR EACH ROW EXECUTE FUNCTION audit_no_update()"
            ),
        ],
        "audit_no_update was replaced",
    ),
    (
        [
            "DROP TRIGGER audit_no_update ON audit",
            (
                "CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit "
                "FOR EACH ROW EXECUTE FUNCTION audit_personal_no_update()"
            ),
            function("audit_personal_no_update", ""),
        ],
        None,
        (
            "audit_no_update was replaced by another of the same name; "
            "audit_personal_no_update was replaced"
        ),
    ),
]


@pytest.mark.parametrize(("around", "back", "said"), UNDO)
def test_a_trigger_that_guards_no_more_is_named(pg_app, around, back, said):
    for statement in around:
        run(statement)
    assert f"the log is unguarded: {said}" in (verify_log().fault or "")
    for statement in back or []:
        run(statement)
    assert back is None or verify_log().fault is None


def test_a_function_emptied_under_its_trigger_a_rule_and_one_trigger_more(pg_app):
    run(function("audit_no_delete", ""))
    run("CREATE RULE quiet AS ON DELETE TO audit DO INSTEAD NOTHING")
    run(function("swallow", "RETURN NULL;"))
    run(
        "CREATE TRIGGER swallow BEFORE INSERT ON audit_personal "
        "FOR EACH ROW EXECUTE FUNCTION swallow()"
    )
    assert (verify_log().fault or "").endswith(
        "unguarded: audit_no_delete was replaced by another of the same name; swallow on "
        "audit_personal is not the product’s; the rule quiet on audit is not the product’s."
    )


def test_a_role_for_which_triggers_are_passed_by_is_said(pg_app):
    user = db.engines["ops"].url.username
    run(f'ALTER ROLE "{user}" SET session_replication_role = replica')
    try:
        db.session.rollback()
        db.engines["ops"].dispose()
        assert "session_replication_role is replica" in (verify_log().fault or "")
    finally:
        run(f'ALTER ROLE "{user}" RESET session_replication_role')


def test_four_processes_write_one_chain(pg_app, tmp_path, postgres_ops):
    address = postgres_ops.render_as_string(hide_password=False)
    write_at_once({"PORTAL_DATA": str(tmp_path), "OPS_DATABASE_URL": address})
    result = verify_log()
    assert (result.fault, result.entries) == (None, 3 + 4 * 32)
    assert changes_of_hand() > 8


def test_what_a_savepoint_took_back_leaves_no_gap_in_the_log(pg_app):
    record_around_savepoints()
    assert verify_log().fault is None
    db.session.rollback()


def test_what_is_written_together_fails_as_one(pg_app):
    writes = [("SELECT %s::int", (1,)), ("DELETE FROM audit", ()), ("SELECT 1", ())]
    with db.engines["ops"].begin() as connection:
        with pytest.raises(DBAPIError, match="append-only"):
            execute_all(connection, writes)
        connection.rollback()
    assert verify_log().fault is None
    db.session.rollback()
