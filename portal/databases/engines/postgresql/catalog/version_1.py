"""The schema as earlier releases recorded it: without owners, grants, row security and more.

Their records are compared by their own rule until a change or a restore records the schema again.
"""

_OURS = "NOT LIKE 'portal\\_%'"
_USERS = "n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'"
_SHORT = "CASE n.nspname WHEN 'public' THEN '' ELSE n.nspname || '.' END"


def _no_extension(catalogue: str, oid: str) -> str:
    return (
        f"NOT EXISTS (SELECT 1 FROM pg_depend AS d WHERE d.classid = '{catalogue}'::regclass"  # noqa: S608
        f" AND d.objid = {oid} AND d.deptype = 'e')"
    )


_RELATIONS = f"""
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND c.relpersistence <> 't'
    AND {_USERS} AND c.relname {_OURS} AND {_no_extension("pg_class", "c.oid")}
"""

# Not-null constraints have been in pg_constraint since version 18; the columns say the same.
SCHEMA_1 = f"""
WITH relation AS (
    SELECT c.oid, c.relkind AS kind, {_SHORT} || c.relname AS name {_RELATIONS}
)
SELECT object, definition FROM (
    SELECT CASE kind WHEN 'v' THEN 'view ' WHEN 'm' THEN 'materialized view ' WHEN 'S' THEN
        'sequence ' ELSE 'table ' END || name AS object, concat_ws('|', kind,
        CASE WHEN kind IN ('v', 'm') THEN pg_get_viewdef(oid) END,
        (SELECT concat_ws(' ', format_type(seqtypid, NULL), seqstart, seqincrement, seqmin,
            seqmax, seqcache, seqcycle) FROM pg_sequence WHERE seqrelid = oid)) AS definition
    FROM relation
    UNION ALL
    SELECT 'column ' || name || '.' || attname, concat_ws('|',
        row_number() OVER (PARTITION BY name ORDER BY attnum), format_type(atttypid, atttypmod),
        attnotnull, attidentity, attgenerated,
        (SELECT collname FROM pg_collation WHERE oid = attcollation),
        (SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef
         WHERE adrelid = attrelid AND adnum = attnum))
    FROM relation JOIN pg_attribute ON attrelid = relation.oid
    WHERE attnum > 0 AND NOT attisdropped AND kind <> 'S'
    UNION ALL
    SELECT 'constraint ' || name || '.' || conname,
        concat_ws('|', pg_get_constraintdef(k.oid), convalidated)
    FROM relation JOIN pg_constraint AS k ON conrelid = relation.oid WHERE contype <> 'n'
    UNION ALL
    SELECT 'index ' || indexrelid::regclass, concat_ws('|', pg_get_indexdef(indexrelid), indisvalid)
    FROM relation JOIN pg_index ON indrelid = relation.oid
    UNION ALL
    SELECT 'trigger ' || name || '.' || tgname, concat_ws('|', pg_get_triggerdef(t.oid), tgenabled)
    FROM relation JOIN pg_trigger AS t ON tgrelid = relation.oid
    WHERE NOT tgisinternal AND tgname {_OURS}
    UNION ALL
    SELECT 'rule ' || name || '.' || rulename, pg_get_ruledef(r.oid)
    FROM relation JOIN pg_rewrite AS r ON ev_class = relation.oid WHERE rulename <> '_RETURN'
    UNION ALL
    SELECT 'policy ' || name || '.' || polname, concat_ws('|', polcmd, polpermissive,
        pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid))
    FROM relation JOIN pg_policy ON polrelid = relation.oid
    UNION ALL
    SELECT 'function ' || {_SHORT} || proname || '(' || pg_get_function_identity_arguments(p.oid)
        || ')', CASE WHEN prokind IN ('f', 'p') THEN pg_get_functiondef(p.oid) ELSE '' END
    FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = pronamespace
    WHERE {_USERS} AND proname {_OURS} AND {_no_extension("pg_proc", "p.oid")}
    UNION ALL
    SELECT 'type ' || {_SHORT} || typname, concat_ws('|', typtype,
        format_type(typbasetype, typtypmod),
        (SELECT string_agg(enumlabel, ',' ORDER BY enumsortorder) FROM pg_enum
         WHERE enumtypid = y.oid))
    FROM pg_type AS y JOIN pg_namespace AS n ON n.oid = typnamespace
    WHERE typtype IN ('d', 'e', 'r') AND {_USERS} AND {_no_extension("pg_type", "y.oid")}
    UNION ALL
    SELECT 'extension ' || extname, '' FROM pg_extension
) AS lines
"""  # noqa: S608 — built from constants of this file only
