"""What PostgreSQL itself does against changes that pass the guard by.

A trigger on `alembic_version` refuses whoever is not in a transaction that the guard opened: a
checkout without this product's env.py, with every right there is, fails when it writes its
revision, and its whole transaction with it. Rights do the rest: see `postgresql_roles`.
"""

from sqlalchemy import Connection, text

from portal.databases.engines.beside import MAINTENANCE_TABLE, PLACE_TABLE, ROOM_TABLE

MARK = "portal.guarded"
SENTENCE = "Only a change that passed Talkback’s guard may write here."
READ_ONLY = (
    "alembic_version",
    "portal_identity",
    "portal_journal",
    *(MAINTENANCE_TABLE, ROOM_TABLE, PLACE_TABLE),
)
WRITES = ("INSERT", "UPDATE", "DELETE", "TRUNCATE", "TRIGGER", "REFERENCES")

_FUNCTION = f"""
CREATE OR REPLACE FUNCTION public.portal_guard() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog AS $$
BEGIN
    IF current_setting('{MARK}', true) IS DISTINCT FROM pg_current_xact_id()::text THEN
        RAISE EXCEPTION '{SENTENCE}' USING ERRCODE = 'insufficient_privilege',
            HINT = 'Run: flask databases migrate, with a release that has the guard.';
    END IF;
    RETURN NULL;
END $$
"""
_TRIGGER = """
CREATE OR REPLACE TRIGGER portal_guard BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE
ON public.alembic_version FOR EACH STATEMENT EXECUTE FUNCTION public.portal_guard()
"""
_STANDS = """
SELECT EXISTS (SELECT 1 FROM pg_trigger WHERE tgname = 'portal_guard' AND tgenabled = 'O'
    AND tgrelid = to_regclass('public.alembic_version'))
"""
_MAY_WRITE = text(
    "SELECT DISTINCT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(r.rolname) END"
    " FROM pg_class AS c CROSS JOIN aclexplode(c.relacl) AS a"
    " LEFT JOIN pg_roles AS r ON r.oid = a.grantee"
    " WHERE c.oid = to_regclass(:table) AND a.grantee <> c.relowner"
    " AND a.privilege_type <> 'SELECT'"
)


def mark(connection: Connection) -> None:
    """Say that this transaction is the guard's own; it holds for this one alone."""
    connection.execute(
        text("SELECT set_config(:name, pg_current_xact_id()::text, true)"), {"name": MARK}
    )


def protect(connection: Connection) -> None:
    """Put the trigger where it is missing, and take rights to write from all but the owner."""
    present = [table for table in READ_ONLY if _is_there(connection, table)]
    for table in present:
        for role in connection.execute(_MAY_WRITE, {"table": f"public.{table}"}).scalars().all():
            connection.exec_driver_sql(f"REVOKE {', '.join(WRITES)} ON public.{table} FROM {role}")
    if "alembic_version" in present and not stands(connection):
        connection.exec_driver_sql(_FUNCTION)
        connection.exec_driver_sql(_TRIGGER)


def stands(connection: Connection) -> bool:
    return bool(connection.exec_driver_sql(_STANDS).scalar())


def _is_there(connection: Connection, table: str) -> bool:
    found = text("SELECT to_regclass(:table) IS NOT NULL")
    return bool(connection.execute(found, {"table": f"public.{table}"}).scalar())
