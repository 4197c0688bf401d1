"""Everything in a database that has an owner, as SQL: kind, name for `ALTER`, and the owner."""

from portal.databases.engines.postgresql.names import USERS, no_extension

_RELATION_KINDS = (
    "CASE c.relkind WHEN 'S' THEN 'SEQUENCE' WHEN 'v' THEN 'VIEW' WHEN 'm' THEN"
    " 'MATERIALIZED VIEW' WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END"
)
OBJECTS = f"""
SELECT 1 AS place, 'SCHEMA' AS kind, quote_ident(n.nspname) AS words, n.nspowner AS owner
FROM pg_namespace AS n WHERE {USERS} AND {no_extension("pg_namespace", "n.oid")}
UNION ALL
SELECT 2, {_RELATION_KINDS}, format('%I.%I', n.nspname, c.relname), c.relowner
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND c.relpersistence <> 't' AND {USERS}
    AND {no_extension("pg_class", "c.oid")}
    AND NOT EXISTS (SELECT 1 FROM pg_depend AS s WHERE s.classid = 'pg_class'::regclass
        AND s.objid = c.oid AND c.relkind = 'S' AND s.deptype IN ('a', 'i'))
UNION ALL
SELECT 3, 'ROUTINE', format('%I.%I(%s)', n.nspname, p.proname,
    pg_get_function_identity_arguments(p.oid)), p.proowner
FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
WHERE {USERS} AND {no_extension("pg_proc", "p.oid")}
UNION ALL
SELECT 4, 'TYPE', format('%I.%I', n.nspname, t.typname), t.typowner
FROM pg_type AS t JOIN pg_namespace AS n ON n.oid = t.typnamespace
LEFT JOIN pg_class AS c ON c.oid = t.typrelid
WHERE t.typtype IN ('c', 'd', 'e', 'r') AND coalesce(c.relkind, 'c') = 'c' AND {USERS}
    AND {no_extension("pg_type", "t.oid")}
UNION ALL
SELECT 5, 'LARGE OBJECT', l.oid::text, l.lomowner FROM pg_largeobject_metadata AS l
"""  # noqa: S608 — built from constants
"""Everything that has an owner and that a change or a dump meets, without extensions' objects."""

GIVE_ALL = """DO $talkback$
DECLARE each record;
BEGIN
    IF current_database() <> {database} THEN
        RAISE EXCEPTION 'This is another database than %.', {database};
    END IF;
    FOR each IN SELECT o.kind, o.words FROM ({objects}) AS o JOIN pg_roles AS r ON r.oid = o.owner
        WHERE r.rolname NOT IN ({role}, 'pg_database_owner') ORDER BY o.place
    LOOP
        EXECUTE format('ALTER %s %s OWNER TO %I', each.kind, each.words, {role});
    END LOOP;
END $talkback$"""
"""Gives all of it to one role: `database` and `role` are SQL literals, `objects` is `OBJECTS`."""
