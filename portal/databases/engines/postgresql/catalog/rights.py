"""What belongs to a server or to this very place and is not restored from a dump: owners, grants,
disabled checks, settings, event triggers, publications.
"""

from portal.databases.engines.postgresql.names import (
    NO_OWN_ROUTINE,
    NO_OWN_TABLE,
    ROUTINES,
    USERS,
    named,
    no_extension,
    qualified,
    role,
)

_KIND = (
    "CASE c.relkind WHEN 'v' THEN 'view ' WHEN 'm' THEN 'materialized view ' WHEN 'S' THEN"
    " 'sequence ' WHEN 'f' THEN 'foreign table ' ELSE 'table ' END"
)
_ROUTINE = (
    f"'function ' || {qualified('p.proname', special=ROUTINES)} || '('"
    " || pg_get_function_identity_arguments(p.oid) || ')'"
)

_OWNED = f"""
SELECT {_KIND} || {qualified("c.relname")} AS object, c.relowner AS owner,
    coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char",
        c.relowner)) AS acl
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND c.relpersistence <> 't'
    AND {USERS} AND {NO_OWN_TABLE} AND {no_extension("pg_class", "c.oid")}
UNION ALL
SELECT 'schema ' || {named("n.nspname")}, n.nspowner,
    coalesce(n.nspacl, acldefault('n', n.nspowner))
FROM pg_namespace AS n WHERE {USERS} AND {no_extension("pg_namespace", "n.oid")}
UNION ALL
SELECT {_ROUTINE}, p.proowner, coalesce(p.proacl, acldefault('f', p.proowner))
FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
WHERE {USERS} AND {NO_OWN_ROUTINE} AND {no_extension("pg_proc", "p.oid")}
UNION ALL
SELECT 'type ' || {qualified("y.typname")}, y.typowner,
    coalesce(y.typacl, acldefault('T', y.typowner))
FROM pg_type AS y JOIN pg_namespace AS n ON n.oid = y.typnamespace
WHERE {USERS} AND {no_extension("pg_type", "y.oid")} AND (y.typtype IN ('d', 'e', 'r')
    OR (y.typtype = 'c' AND (SELECT relkind FROM pg_class WHERE oid = y.typrelid) = 'c'))
UNION ALL
SELECT 'database', d.datdba, coalesce(d.datacl, acldefault('d', d.datdba))
FROM pg_database AS d WHERE d.datname = current_database()
UNION ALL
SELECT 'foreign server ' || {named("s.srvname")}, s.srvowner,
    coalesce(s.srvacl, acldefault('S', s.srvowner))
FROM pg_foreign_server AS s WHERE {no_extension("pg_foreign_server", "s.oid")}
"""  # noqa: S608 — built from constants only, here and below

_LIST = "string_agg(privilege_type || CASE WHEN is_grantable THEN ' with grant option' ELSE '' END, ', ' ORDER BY privilege_type)"  # noqa: E501

RIGHTS = f"""
WITH owned AS ({_OWNED}),
granted AS (
    SELECT 'grant on ' || object AS object, g.* FROM owned, aclexplode(acl) AS g
    WHERE g.grantee <> owner
    UNION ALL
    SELECT 'grant on column ' || {qualified("c.relname")} || '.' || {named("a.attname")}, g.*
    FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
        JOIN pg_namespace AS n ON n.oid = c.relnamespace, aclexplode(a.attacl) AS g
    WHERE {USERS} AND {NO_OWN_TABLE} AND NOT a.attisdropped AND {no_extension("pg_class", "c.oid")}
    UNION ALL
    SELECT 'default grant of ' || {role("f.defaclrole")} || coalesce(' in schema ' ||
        (SELECT {named("nspname")} FROM pg_namespace WHERE oid = f.defaclnamespace), '') || ' on '
        || CASE f.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN
        'functions' WHEN 'T' THEN 'types' WHEN 'n' THEN 'schemas' ELSE f.defaclobjtype::text END,
        g.* FROM pg_default_acl AS f, aclexplode(f.defaclacl) AS g
)
SELECT 'owner of ' || object AS object, {role("owner")} AS definition FROM owned
UNION ALL
SELECT object || ' to ' || {role("grantee")}, {_LIST} FROM granted GROUP BY object, grantee
UNION ALL
SELECT 'disabled foreign keys of table ' || {qualified("c.relname")}, count(*)::text
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_trigger AS t ON t.tgrelid = c.oid
WHERE t.tgisinternal AND t.tgenabled <> 'O' AND t.tgconstraint <> 0 AND t.tgparentid = 0
    AND {USERS} AND {NO_OWN_TABLE} GROUP BY n.nspname, c.relname
UNION ALL
SELECT 'setting ' || split_part(each, '=', 1) || CASE WHEN s.setrole = 0 THEN ''
    ELSE ' of ' || {role("s.setrole")} END || CASE WHEN s.setdatabase = 0 THEN '' ELSE
    ' in this database' END, substr(each, strpos(each, '=') + 1)
FROM pg_db_role_setting AS s, unnest(s.setconfig) AS each
WHERE s.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
    OR (s.setdatabase = 0 AND split_part(each, '=', 1) IN ('role', 'row_security', 'search_path',
        'session_replication_role') AND has_database_privilege(s.setrole, current_database(),
        'CONNECT'))
UNION ALL
SELECT 'event trigger ' || {named("evtname")}, concat_ws('|', evtevent, evtfoid::regproc,
    array_to_string(evttags, ','), {role("evtowner")}, CASE evtenabled WHEN 'O' THEN 'on'
    WHEN 'D' THEN 'disabled' ELSE evtenabled::text END)
FROM pg_event_trigger AS e WHERE {no_extension("pg_event_trigger", "e.oid")}
UNION ALL
SELECT 'publication ' || {named("pubname")}, concat_ws('|', {role("pubowner")}, puballtables,
    pubinsert, pubupdate, pubdelete, pubtruncate, pubviaroot,
    (SELECT string_agg(concat_ws(' ', r.prrelid::regclass, r.prattrs,
        pg_get_expr(r.prqual, r.prrelid)), ',' ORDER BY r.prrelid::regclass::text)
     FROM pg_publication_rel AS r WHERE r.prpubid = b.oid),
    (SELECT string_agg(x.pnnspid::regnamespace::text, ',' ORDER BY x.pnnspid::regnamespace::text)
     FROM pg_publication_namespace AS x WHERE x.pnpubid = b.oid))
FROM pg_publication AS b
UNION ALL
SELECT 'subscription ' || {named("subname")}, concat_ws('|', {role("subowner")}, subenabled,
    array_to_string(subpublications, ','))
FROM pg_subscription WHERE subdbid = (
    SELECT oid FROM pg_database WHERE datname = current_database())
"""  # noqa: S608
