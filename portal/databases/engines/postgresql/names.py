"""Names of objects of a PostgreSQL catalogue: `studios`, and `crm.people` outside of public.

A part that contains a dot or a quote is double-quoted, so that no two objects share a name. These
are SQL fragments, combined by the modules that query the catalogue.
"""

USERS = "n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'"
OWN = "portal\\_%"
OWN_SCHEMA = (
    "(SELECT i.relnamespace FROM pg_class AS i JOIN pg_namespace AS s ON s.oid = i.relnamespace"
    " WHERE i.relname = 'portal_identity' AND i.relkind = 'r'"
    " ORDER BY s.nspname <> 'public', i.oid LIMIT 1)"
)
NO_OWN_TABLE = f"(c.relname LIKE '{OWN}' AND n.oid = {OWN_SCHEMA}) IS NOT TRUE"
"""The guard's own tables are in the identity's schema; elsewhere the name is not reserved."""
VERSIONS_SCHEMA = (
    "(SELECT i.relnamespace FROM pg_class AS i JOIN pg_namespace AS s ON s.oid = i.relnamespace"
    " WHERE i.relname = 'alembic_version' AND i.relkind = 'r'"
    " ORDER BY s.nspname <> 'public', i.oid LIMIT 1)"
)
NO_OWN_ROUTINE = (
    "(p.proname = 'portal_guard' AND p.pronargs = 0"
    f" AND p.pronamespace IN ({OWN_SCHEMA}, {VERSIONS_SCHEMA})) IS NOT TRUE"
)
NO_OWN_TRIGGER = (
    "(tgname = 'portal_guard' AND relname = 'alembic_version'"
    f" AND relnamespace IN ({OWN_SCHEMA}, {VERSIONS_SCHEMA})) IS NOT TRUE"
)
"""The guard's own trigger; `guard` reports what is wrong with it."""


ROUTINES = '[."(]'
"""Characters that are special in a function's name, which is followed by its arguments."""


PLACE = "n.nspname"


def named(name: str, special: str = '[."]') -> str:
    return (
        f"CASE WHEN {name} ~ '{special}' THEN '\"' || replace({name}::text, '\"', '\"\"') || '\"'"
        f" ELSE {name}::text END"
    )


def qualified(name: str, schema: str = PLACE, special: str = '[."]') -> str:
    return (
        f"CASE {schema} WHEN 'public' THEN '' ELSE {named(schema)} || '.' END"
        f" || {named(name, special)}"
    )


def role(oid: str) -> str:
    """The role of a grant or an owner, as SQL; oid 0 is PUBLIC."""
    return f"CASE {oid} WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid({oid})) END"


def no_extension(catalogue: str, oid: str) -> str:
    """Leaves out what an extension created."""
    return (
        f"NOT EXISTS (SELECT 1 FROM pg_depend AS d WHERE d.classid = '{catalogue}'::regclass"  # noqa: S608
        f" AND d.objid = {oid} AND d.deptype = 'e')"
    )
