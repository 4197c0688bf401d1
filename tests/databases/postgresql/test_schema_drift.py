"""Drift knows every schema, and what belongs to the place: owners, grants, row security."""

import pytest

from portal.core.errors import Conflict
from portal.core.storage.database import db
from portal.databases.changes.plan import plan_of_run
from portal.databases.engines import engine_for
from portal.databases.engines.postgresql.catalog import catalog as postgresql_catalog
from portal.databases.policies.drift import accept_drift, drift_of, require_no_drift
from portal.databases.status.check import check_targets
from portal.databases.targets.registry import note_state, registered_target
from tests.databases import stage
from tests.databases.postgresql.conftest import WORKER
from tests.databases.postgresql.test_schemas import NOT_SYNCED, schemas
from tests.databases.stage import ANA

__all__ = ["schemas"]  # a fixture

DEFAULTS = f"ALTER DEFAULT PRIVILEGES FOR ROLE {WORKER} IN SCHEMA crm"
ATTACHED = "ATTACH PARTITION crm.visits_2020 FOR VALUES FROM ('2020-01-01') TO ('2021-01-01')"
HANDS = (
    (
        "ALTER TABLE crm.studios DISABLE ROW LEVEL SECURITY",
        "row security of table crm.studios was changed from on to off",
        "ALTER TABLE crm.studios ENABLE ROW LEVEL SECURITY",
    ),
    (
        "ALTER TABLE crm.studios FORCE ROW LEVEL SECURITY",
        "row security of table crm.studios was changed from on to on, for its owner as well",
        "ALTER TABLE crm.studios NO FORCE ROW LEVEL SECURITY",
    ),
    (
        "ALTER POLICY all_of_it ON crm.studios USING (true)",
        "policy crm.studios.all_of_it was changed",
        "ALTER POLICY all_of_it ON crm.studios USING (id > 0)",
    ),
    (
        "ALTER POLICY all_of_it ON crm.studios TO pg_monitor",
        "policy crm.studios.all_of_it was changed",
        "ALTER POLICY all_of_it ON crm.studios TO PUBLIC",
    ),
    (
        "GRANT SELECT ON users TO PUBLIC",
        "grant on table users to PUBLIC was added",
        "REVOKE SELECT ON users FROM PUBLIC",
    ),
    (
        "GRANT UPDATE (name) ON crm.studios TO PUBLIC",
        "grant on column crm.studios.name to PUBLIC was changed",
        "REVOKE UPDATE (name) ON crm.studios FROM PUBLIC",
    ),
    (
        "REVOKE GRANT OPTION FOR SELECT ON crm.visits FROM pg_monitor",
        "grant on table crm.visits to pg_monitor was changed",
        "GRANT SELECT ON crm.visits TO pg_monitor WITH GRANT OPTION",
    ),
    (
        "REVOKE EXECUTE ON FUNCTION crm.half(int) FROM PUBLIC",
        "grant on function crm.half(a integer) to PUBLIC was dropped",
        "GRANT EXECUTE ON FUNCTION crm.half(int) TO PUBLIC",
    ),
    (
        f"{DEFAULTS} GRANT SELECT ON TABLES TO PUBLIC",
        f"default grant of {WORKER} in schema crm on tables to PUBLIC was added",
        f"{DEFAULTS} REVOKE SELECT ON TABLES FROM PUBLIC",
    ),
    *(
        (
            f"ALTER {kind} {name} OWNER TO postgres",
            f"owner of {kind.lower()} {said or name} was changed from {WORKER} to postgres",
            f"ALTER {kind} {name} OWNER TO {WORKER}",
        )
        for kind, name, said in (
            ("TABLE", "crm.studios", None),
            ("SCHEMA", "crm", None),
            ("FUNCTION", "crm.half(int)", "crm.half(a integer)"),
            ("TYPE", "crm.mood", None),
            ("VIEW", "crm.names", None),
        )
    ),
    (
        "ALTER TABLE crm.studios DISABLE TRIGGER touch",
        "trigger crm.studios.touch was disabled",
        "ALTER TABLE crm.studios ENABLE TRIGGER touch",
    ),
    (
        "ALTER TABLE crm.studios DISABLE TRIGGER ALL",
        "disabled foreign keys of table crm.studios was added",
        "ALTER TABLE crm.studios ENABLE TRIGGER ALL",
    ),
    (
        "ALTER EVENT TRIGGER watch DISABLE",
        "event trigger watch was disabled",
        "ALTER EVENT TRIGGER watch ENABLE",
    ),
    (
        "ALTER PUBLICATION everything SET (publish = 'insert')",
        "publication everything was changed",
        "ALTER PUBLICATION everything SET (publish = 'insert, update, delete, truncate')",
    ),
    (
        "ALTER DATABASE {database} SET search_path = crm, public",
        "setting search_path in this database was changed",
        "ALTER DATABASE {database} SET search_path = public, crm",
    ),
    (
        f"ALTER ROLE {WORKER} IN DATABASE {{database}} SET session_replication_role = replica",
        f"setting session_replication_role of {WORKER} in this database was added",
        f"ALTER ROLE {WORKER} IN DATABASE {{database}} RESET session_replication_role",
    ),
    (
        "ALTER VIEW crm.names SET (security_invoker = false)",
        "view crm.names was changed",
        "ALTER VIEW crm.names SET (security_invoker = true)",
    ),
    (
        "ALTER FUNCTION crm.half(int) SECURITY DEFINER",
        "function crm.half(a integer) was changed",
        "ALTER FUNCTION crm.half(int) SECURITY INVOKER",
    ),
    (
        "ALTER TABLE crm.visits DETACH PARTITION crm.visits_2020",
        "table crm.visits_2020 was changed",
        f"ALTER TABLE crm.visits {ATTACHED}",
    ),
    (
        "ALTER TYPE crm.pair ADD ATTRIBUTE c int",
        "type crm.pair was changed",
        "ALTER TYPE crm.pair DROP ATTRIBUTE c",
    ),
    (
        'CREATE TABLE "crm.half" (id int)',
        'change: table "crm.half" was added.',
        'DROP TABLE "crm.half"',
    ),
    (
        "CREATE TABLE crm.portal_notes (id int)",
        "change: table crm.portal_notes was added.",
        "DROP TABLE crm.portal_notes",
    ),
    (
        "CREATE TRIGGER portal_x BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION crm.touch()",
        "trigger users.portal_x was added",
        "DROP TRIGGER portal_x ON users",
    ),
    (
        "CREATE FUNCTION crm.portal_guard() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "function crm.portal_guard() was added",
        "DROP FUNCTION crm.portal_guard()",
    ),
    (
        "CREATE FUNCTION public.portal_guard(a int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "function portal_guard(a integer) was added",
        "DROP FUNCTION public.portal_guard(int)",
    ),
    ("CREATE SCHEMA extra", "schema extra was added", "DROP SCHEMA extra"),
    (
        'ALTER TABLE "Größe.x"."Ta""b.le" REPLICA IDENTITY FULL',
        'table "Größe.x"."Ta""b.le" was changed',
        'ALTER TABLE "Größe.x"."Ta""b.le" REPLICA IDENTITY DEFAULT',
    ),
)


def said_of(target) -> str | None:
    with engine_for(target.url).reading() as connection:
        drift = drift_of(target, connection)
    return drift.sentence if drift else None


def test_what_a_hand_did_is_named_with_its_schema(schemas, database, execute):
    for hand, said, undone in HANDS:
        execute(hand.replace("{database}", f'"{database}"'))
        assert said in (said_of(schemas) or ""), hand
        execute(undone.replace("{database}", f'"{database}"'))
        assert said_of(schemas) is None, undone


def test_lost_protection_is_named_before_anything_else(schemas, execute):
    execute(
        "CREATE TABLE a1 (id int)",
        "CREATE TABLE a2 (id int)",
        "ALTER TABLE crm.studios ADD COLUMN a3 int",
        "ALTER TABLE crm.studios DISABLE TRIGGER touch",
        "ALTER EVENT TRIGGER watch DISABLE",
    )
    assert said_of(schemas) == (
        "The schema was changed by hand since the last change: event trigger watch was disabled;"
        " trigger crm.studios.touch was disabled; column crm.partners.a3 was added; 3 more."
    )


def record_like_the_release_before(target) -> None:
    """By its rule and with its objects, as an upgrade finds it."""
    with engine_for(target.url).reading() as connection:
        note_state(
            target.name,
            revision=registered_target(target.name).revision,
            schema_digest=postgresql_catalog.schema_digest(connection, like="0" * 64),
            schema_objects=postgresql_catalog.schema_objects(connection, like="0" * 64),
        )
    db.session.commit()


def said_by_check() -> tuple[str, str]:
    [found] = [each for each in check_targets() if each.target.name == "production"]
    faults = [each for each in found.faults if not each.startswith(NOT_SYNCED)]
    return " ".join(faults), " ".join(found.notes)


def test_a_record_of_the_release_before_is_compared_by_its_rule_and_the_rest_is_said(
    schemas, execute
):
    execute(f"ALTER ROUTINE public.watch() OWNER TO {WORKER}")  # another's is a fault by itself
    said_by_check()  # the first look at a revision's code is a note of its own
    record_like_the_release_before(schemas)
    said_by_check()  # notes the code of what ran, once
    faults, notes = said_by_check()
    assert faults == "", "nothing of drift"
    assert "Owners, grants, row security" in notes
    assert "are not compared yet" in notes
    execute("GRANT SELECT ON users TO PUBLIC")
    require_no_drift(schemas)
    execute("CREATE TABLE crm.by_hand (id int)")
    assert "table crm.by_hand was added" in (said_of(schemas) or "")
    execute("DROP TABLE crm.by_hand")

    accept_drift(schemas, reason="Looked through by hand", by=ANA)
    db.session.commit()

    assert said_by_check() == ("", notes.partition("Owners")[0] + notes.partition("WHY ")[2])
    with pytest.raises(Conflict):
        accept_drift(schemas, reason="Again", by=ANA)
    execute("REVOKE SELECT ON users FROM PUBLIC")
    assert "grant on table users to PUBLIC was dropped" in (said_of(schemas) or "")


def test_a_plan_sealed_by_the_release_before_is_carried_out(production, monkeypatch):
    """With the digest and the names that it wrote; the next record is of this release's kind."""
    record_like_the_release_before(production)
    old, engine = "0" * 64, type(engine_for(production.url))
    digest, objects = engine.structure_digest, engine.structure_objects
    with monkeypatch.context() as earlier:
        earlier.setattr(engine, "structure_digest", lambda self, c, like=None: digest(self, c, old))
        earlier.setattr(
            engine, "structure_objects", lambda self, c, like=None: objects(self, c, old)
        )
        run = stage.start()
        ticket = stage.approved(run)
    assert plan_of_run(run).schema_digest == ticket.plan.schema_digest
    assert not engine_for(production.url).covers_all(ticket.plan.schema_digest)

    operation = stage.operate("databases.migrate", run=run)

    assert operation.is_done, operation.outcome
    assert stage.revision(production) == stage.HEAD
    assert engine_for(production.url).covers_all(registered_target("production").schema_digest)
    require_no_drift(production)
