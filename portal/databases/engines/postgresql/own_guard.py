"""PostgreSQL's own protection against changes that bypass the guard.

A trigger on `alembic_version` refuses every client outside a transaction that the guard opened: a
checkout without this product's env.py fails when it writes its revision, whatever its rights, and
its whole transaction is rolled back. The trigger fires whatever session_replication_role says.
Rights do the rest: see `roles`.
"""

from sqlalchemy import Connection, text

from portal.databases.engines.beside import MAINTENANCE_TABLE, PLACE_TABLE, ROOM_TABLE
from portal.databases.engines.postgresql.server import quoted

MARK = "portal.guarded"
SENTENCE = "Only a change that passed Talkback’s guard may write here."
READ_ONLY = (
    "alembic_version",
    "portal_identity",
    "portal_journal",
    *(MAINTENANCE_TABLE, ROOM_TABLE, PLACE_TABLE),
)
WRITES = ("INSERT", "UPDATE", "DELETE", "TRUNCATE", "TRIGGER", "REFERENCES")

_BODY = f"""
BEGIN
    IF current_setting('{MARK}', true) IS DISTINCT FROM pg_current_xact_id()::text THEN
        RAISE EXCEPTION '{SENTENCE}' USING ERRCODE = 'insufficient_privilege',
            HINT = 'Run: flask databases migrate, with a release that has the guard.';
    END IF;
    RETURN NULL;
END """
# If this text changes, the triggers of earlier releases count as replaced: accept both then.
_FUNCTION = """
CREATE OR REPLACE FUNCTION {schema}.portal_guard() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog AS $$%s$$
"""
_TRIGGER = """
CREATE OR REPLACE TRIGGER portal_guard BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE
ON {schema}.alembic_version FOR EACH STATEMENT EXECUTE FUNCTION {schema}.portal_guard()
"""
_ALWAYS = "ALTER TABLE {schema}.alembic_version ENABLE ALWAYS TRIGGER portal_guard"
EVERY_WRITE = 2 | 4 | 8 | 16 | 32
"""pg_trigger.tgtype: before, insert, delete, update, truncate; for each statement."""

_VERSIONS = text(
    "SELECT n.nspname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace"
    " WHERE c.oid = to_regclass('alembic_version')"
)
_FOUND = text(
    "SELECT t.tgenabled, t.tgtype, t.tgqual IS NULL AS is_plain, p.prosrc AS body,"
    " p.proconfig AS settings, current_setting('session_replication_role') AS replication"
    " FROM pg_trigger AS t JOIN pg_proc AS p ON p.oid = t.tgfoid"
    " WHERE t.tgname = 'portal_guard' AND t.tgrelid = to_regclass('alembic_version')"
)
_MAY_WRITE = text(
    "SELECT DISTINCT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(r.rolname) END"
    " FROM pg_class AS c CROSS JOIN aclexplode(c.relacl) AS a"
    " LEFT JOIN pg_roles AS r ON r.oid = a.grantee"
    " WHERE c.oid = to_regclass(:table) AND a.grantee <> c.relowner"
    " AND a.privilege_type <> 'SELECT'"
)


def mark(connection: Connection) -> None:
    """Mark this transaction as the guard's own; applies to this transaction alone."""
    connection.execute(
        text("SELECT set_config(:name, pg_current_xact_id()::text, true)"), {"name": MARK}
    )


def protect(connection: Connection) -> None:
    """Create the trigger if it is missing or was replaced; only the owner keeps write rights."""
    present = [table for table in READ_ONLY if _is_there(connection, table)]
    for table in present:
        for role in connection.execute(_MAY_WRITE, {"table": table}).scalars().all():
            connection.exec_driver_sql(f"REVOKE {', '.join(WRITES)} ON {table} FROM {role}")
    if "alembic_version" in present and not _is_always_on(connection):
        schema = quoted(connection, connection.execute(_VERSIONS).scalar_one())
        for statement in (_FUNCTION, _TRIGGER, _ALWAYS):
            connection.exec_driver_sql(statement.format(schema=schema).replace("%s", _BODY))


def faults(connection: Connection) -> list[str]:
    """What is wrong with the trigger, in one sentence; others report a missing version table."""
    if not _is_there(connection, "alembic_version"):
        return []
    found = connection.execute(_FOUND).one_or_none()
    if found is None:
        return [_fault("is missing")]
    if found.tgenabled not in {"O", "A"}:
        return [_fault("is disabled")]
    is_own = found.body == _BODY and found.settings == ["search_path=pg_catalog"]
    if not is_own or found.tgtype != EVERY_WRITE or not found.is_plain:
        return [_fault("was replaced by another one")]
    if found.tgenabled == "O" and found.replication == "replica":
        return [_fault("is passed by, since session_replication_role is replica")]
    return []


def _fault(state: str) -> str:
    return f"The guard’s own trigger on alembic_version {state}: nothing stops an old checkout."


def _is_always_on(connection: Connection) -> bool:
    found = connection.execute(_FOUND).one_or_none()
    return not faults(connection) and found is not None and found.tgenabled == "A"


def _is_there(connection: Connection, table: str) -> bool:
    found = text("SELECT to_regclass(:table) IS NOT NULL")
    return bool(connection.execute(found, {"table": table}).scalar())
