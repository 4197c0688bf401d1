"""Everything that makes up a schema and that a dump restores, object by object.

Owners, grants and what else belongs to a server or a place is in `rights`.
"""

from portal.databases.engines.postgresql.names import (
    NO_OWN_ROUTINE,
    NO_OWN_TABLE,
    NO_OWN_TRIGGER,
    ROUTINES,
    USERS,
    named,
    no_extension,
    qualified,
    role,
)

_RELATION = f"""
SELECT c.*, {qualified("c.relname")} AS name
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND c.relpersistence <> 't'
    AND {USERS} AND {NO_OWN_TABLE} AND {no_extension("pg_class", "c.oid")}
"""  # noqa: S608 — built from constants only, here and below
_NAMED_RELATION = f"(SELECT {qualified('c.relname')} FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE c.oid = {{}})"  # noqa: E501, S608

_TABLES = f"""
SELECT CASE relkind WHEN 'v' THEN 'view ' WHEN 'm' THEN 'materialized view ' WHEN 'S' THEN
    'sequence ' WHEN 'f' THEN 'foreign table ' ELSE 'table ' END || name AS object,
    concat_ws('|', relkind, relpersistence, relreplident, array_to_string(reloptions, ','),
    CASE WHEN relkind IN ('v', 'm') THEN pg_get_viewdef(oid) END,
    CASE WHEN relkind = 'p' THEN pg_get_partkeydef(oid) END,
    CASE WHEN relispartition THEN pg_get_expr(relpartbound, oid) END,
    (SELECT string_agg({_NAMED_RELATION.format("i.inhparent")}, ',' ORDER BY i.inhseqno)
     FROM pg_inherits AS i WHERE i.inhrelid = relation.oid),
    (SELECT concat_ws(' ', s.srvname, md5(array_to_string(f.ftoptions, ',')))
     FROM pg_foreign_table AS f JOIN pg_foreign_server AS s ON s.oid = f.ftserver
     WHERE f.ftrelid = relation.oid),
    (SELECT concat_ws(' ', format_type(seqtypid, NULL), seqstart, seqincrement, seqmin,
        seqmax, seqcache, seqcycle) FROM pg_sequence WHERE seqrelid = relation.oid)) AS definition
FROM relation
UNION ALL
SELECT 'row security of table ' || name, CASE WHEN NOT relrowsecurity THEN 'off'
    WHEN relforcerowsecurity THEN 'on, for its owner as well' ELSE 'on' END
FROM relation WHERE relkind IN ('r', 'p')
UNION ALL
SELECT 'policy ' || name || '.' || {named("polname")}, concat_ws('|', polcmd, polpermissive,
    (SELECT string_agg({role("each")}, ',' ORDER BY {role("each")} COLLATE "C")
     FROM unnest(polroles) AS each),
    'using ' || pg_get_expr(polqual, polrelid), 'check ' || pg_get_expr(polwithcheck, polrelid))
FROM relation JOIN pg_policy ON polrelid = relation.oid
"""  # noqa: S608

# Not-null constraints have been in pg_constraint since version 18; the columns say the same.
_OF_TABLES = f"""
SELECT 'column ' || name || '.' || {named("attname")}, concat_ws('|',
    row_number() OVER (PARTITION BY name ORDER BY attnum), format_type(atttypid, atttypmod),
    attnotnull, attidentity, attgenerated, attislocal,
    (SELECT l.collnamespace::regnamespace || '.' || l.collname
     FROM pg_collation AS l WHERE l.oid = attcollation),
    (SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef
     WHERE adrelid = attrelid AND adnum = attnum), md5(array_to_string(attfdwoptions, ',')))
FROM relation JOIN pg_attribute ON attrelid = relation.oid
WHERE attnum > 0 AND NOT attisdropped AND relkind <> 'S'
UNION ALL
SELECT 'constraint ' || name || '.' || {named("conname")},
    concat_ws('|', pg_get_constraintdef(k.oid), convalidated)
FROM relation JOIN pg_constraint AS k ON conrelid = relation.oid WHERE contype <> 'n'
UNION ALL
SELECT 'index ' || {_NAMED_RELATION.format("x.indexrelid")},
    concat_ws('|', pg_get_indexdef(indexrelid), indisvalid, indisreplident)
FROM relation JOIN pg_index AS x ON indrelid = relation.oid
UNION ALL
SELECT 'trigger ' || name || '.' || {named("tgname")}, concat_ws('|', pg_get_triggerdef(t.oid),
    CASE tgenabled WHEN 'O' THEN 'O' WHEN 'D' THEN 'disabled' WHEN 'A' THEN 'always'
    ELSE 'on replicas only' END)
FROM relation JOIN pg_trigger AS t ON tgrelid = relation.oid
WHERE NOT tgisinternal AND {NO_OWN_TRIGGER}
UNION ALL
SELECT 'rule ' || name || '.' || {named("rulename")},
    concat_ws('|', pg_get_ruledef(r.oid), ev_enabled)
FROM relation JOIN pg_rewrite AS r ON ev_class = relation.oid WHERE rulename <> '_RETURN'
UNION ALL
SELECT 'statistics ' || {qualified("e.stxname")}, pg_get_statisticsobjdef(e.oid)
FROM relation JOIN pg_statistic_ext AS e ON e.stxrelid = relation.oid
    JOIN pg_namespace AS n ON n.oid = e.stxnamespace
"""  # noqa: S608

_ROUTINES = f"""
SELECT 'function ' || {qualified("proname", special=ROUTINES)} || '('
    || pg_get_function_identity_arguments(p.oid) || ')',
    CASE WHEN prokind IN ('f', 'p', 'w') THEN pg_get_functiondef(p.oid) ELSE concat_ws('|', prokind,
        format_type(prorettype, NULL), (SELECT concat_ws('|', aggkind, aggtransfn, aggfinalfn,
            aggcombinefn, agginitval, format_type(aggtranstype, NULL), aggfinalextra)
            FROM pg_aggregate WHERE aggfnoid = p.oid)) END
FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = pronamespace
WHERE {USERS} AND {NO_OWN_ROUTINE} AND {no_extension("pg_proc", "p.oid")}
UNION ALL
SELECT 'type ' || {qualified("typname")}, concat_ws('|', typtype,
    format_type(typbasetype, typtypmod), typnotnull, typdefault,
    (SELECT string_agg(enumlabel, ',' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = y.oid),
    (SELECT string_agg(pg_get_constraintdef(k.oid) || ' ' || convalidated, ','
        ORDER BY conname) FROM pg_constraint AS k WHERE contypid = y.oid AND contype <> 'n'),
    (SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ',' ORDER BY attnum)
     FROM pg_attribute WHERE attrelid = typrelid AND attnum > 0 AND NOT attisdropped),
    (SELECT format_type(rngsubtype, NULL) FROM pg_range WHERE rngtypid = y.oid))
FROM pg_type AS y JOIN pg_namespace AS n ON n.oid = typnamespace
WHERE {USERS} AND {no_extension("pg_type", "y.oid")} AND (typtype IN ('d', 'e', 'r')
    OR (typtype = 'b' AND typcategory <> 'A')
    OR (typtype = 'c' AND (SELECT relkind FROM pg_class WHERE oid = typrelid) = 'c'))
UNION ALL
SELECT 'operator ' || {qualified("oprname")} || '(' || concat_ws(', ',
    format_type(oprleft, NULL), format_type(oprright, NULL)) || ')', oprcode::text
FROM pg_operator AS o JOIN pg_namespace AS n ON n.oid = oprnamespace
WHERE {USERS} AND {no_extension("pg_operator", "o.oid")}
UNION ALL
SELECT 'collation ' || {qualified("collname")}, concat_ws('|', collprovider, collisdeterministic,
    collcollate, collctype)
FROM pg_collation AS l JOIN pg_namespace AS n ON n.oid = collnamespace
WHERE {USERS} AND {no_extension("pg_collation", "l.oid")}
UNION ALL
SELECT 'text search configuration ' || {qualified("cfgname")}, (SELECT string_agg(concat_ws(' ',
    maptokentype, mapseqno, mapdict::regdictionary), ',' ORDER BY maptokentype, mapseqno)
    FROM pg_ts_config_map WHERE mapcfg = f.oid)
FROM pg_ts_config AS f JOIN pg_namespace AS n ON n.oid = cfgnamespace
WHERE {USERS} AND {no_extension("pg_ts_config", "f.oid")}
UNION ALL
SELECT 'text search dictionary ' || {qualified("dictname")}, concat_ws('|', dictinitoption)
FROM pg_ts_dict AS i JOIN pg_namespace AS n ON n.oid = dictnamespace
WHERE {USERS} AND {no_extension("pg_ts_dict", "i.oid")}
UNION ALL
SELECT 'cast ' || format_type(castsource, NULL) || ' as ' || format_type(casttarget, NULL),
    concat_ws('|', castcontext, castmethod, castfunc::regprocedure)
FROM pg_cast AS q WHERE q.oid >= 16384 AND {no_extension("pg_cast", "q.oid")}
"""  # noqa: S608

_OTHERS = f"""
SELECT 'schema ' || {named("n.nspname")}, ''
FROM pg_namespace AS n
WHERE {USERS} AND n.nspname <> 'public' AND {no_extension("pg_namespace", "n.oid")}
UNION ALL
SELECT 'extension ' || {named("extname")}, n.nspname
FROM pg_extension JOIN pg_namespace AS n ON n.oid = extnamespace
UNION ALL
SELECT 'foreign server ' || {named("srvname")}, concat_ws('|', fdwname, srvtype, srvversion,
    md5(array_to_string(srvoptions, ',')))
FROM pg_foreign_server AS s JOIN pg_foreign_data_wrapper AS w ON w.oid = srvfdw
WHERE {no_extension("pg_foreign_server", "s.oid")}
"""  # noqa: S608

SCHEMA = f"""
WITH relation AS ({_RELATION})
SELECT object, definition FROM ({_TABLES} UNION ALL {_OF_TABLES} UNION ALL {_ROUTINES}
    UNION ALL {_OTHERS}) AS lines
"""  # noqa: S608
