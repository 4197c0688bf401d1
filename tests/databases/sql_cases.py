"""Statements and what each is: a kind of databases.migrations.sql, in short (see test_sql.py)."""

BOTH = dict.fromkeys(
    [
        "SELECT 1",
        "select * from users",
        "\ufeffSELECT 1",
        "SELECT 'a;b', 'DROP TABLE users' FROM users",
        "SELECT count(*), lower(name), coalesce(name, '') FROM users GROUP BY name",
        "SELECT * FROM users u LEFT JOIN reviews r ON r.user_id = u.id WHERE u.name IN ('a', 'b')",
        "SELECT 1 UNION ALL SELECT 2 ORDER BY 1",
        "WITH x AS (SELECT 1 AS a) SELECT a FROM x",
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT 1",
        "VALUES (1, 2), (3, 4)",
        "SELECT row_number() OVER (ORDER BY id), max(id) FILTER (WHERE id > 1) OVER () FROM users",
        'SELECT "id" AS "delete" FROM "users"',
        "SELECT CAST(id AS varchar(20)) FROM users WHERE EXISTS (SELECT 1 FROM reviews)",
        "EXPLAIN SELECT * FROM users",
        "EXPLAIN DELETE FROM users",
    ],
    "read",
)
BOTH |= dict.fromkeys(
    [
        "INSERT INTO users (name) VALUES ('a')",
        "INSERT INTO users DEFAULT VALUES",
        "INSERT INTO users SELECT * FROM t WHERE true ON CONFLICT (id) DO UPDATE SET name = 1",
        "WITH x AS (SELECT 1) INSERT INTO users SELECT * FROM x",
        "WITH x AS (SELECT 1) DELETE FROM users WHERE id IN (SELECT * FROM x)",
        "WITH x AS (SELECT 1) UPDATE users SET name = 'x'",
        "UPDATE users SET name = 'drop table x; delete from y' WHERE id = 1",
        "UPDATE users SET name = r.name FROM reviews r WHERE r.user_id = users.id",
        "DELETE FROM users",
        "DELETE FROM users WHERE id = 1 RETURNING id",
        "delete from main.users where id in (select user_id from reviews)",
    ],
    "rows",
)
BOTH |= dict.fromkeys(
    [
        "CREATE TABLE x (id integer PRIMARY KEY, a text DEFAULT 'a;b')",
        "CREATE TABLE IF NOT EXISTS x AS SELECT * FROM users",
        "CREATE TEMPORARY TABLE x (a int)",
        "CREATE UNIQUE INDEX IF NOT EXISTS i ON users (name) WHERE id > 1",
        "CREATE VIEW v AS SELECT * FROM users",
        "DROP TABLE IF EXISTS users",
        "DROP INDEX i",
        "DROP VIEW v",
        "DROP TRIGGER IF EXISTS tr",
        "ALTER TABLE users ADD COLUMN a varchar(20) NOT NULL DEFAULT ''",
        "ALTER TABLE users RENAME COLUMN a TO b",
        "ALTER TABLE users RENAME a TO b",
        "ALTER TABLE users RENAME TO people",
        "ALTER TABLE users DROP COLUMN a",
        'ALTER TABLE "users" DROP a',
    ],
    "schema",
)
BOTH |= dict.fromkeys(
    [
        *("BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT a", "RELEASE SAVEPOINT a", "RELEASE a"),
        *("ROLLBACK TO SAVEPOINT a", "ROLLBACK TO a"),
    ],
    "transaction",
)
BOTH |= dict.fromkeys(["ANALYZE", "ANALYZE users", "VACUUM", "REINDEX"], "effect")
BOTH |= dict.fromkeys(["SELECT cleanup()", "SELECT * FROM cleanup(1) AS t (a)"], "calls")
BOTH |= dict.fromkeys(
    [
        *("SELEC 1", "SELECT FROM WHERE", "users", "1", "x y z", "UPDATE", "WITH x DELETE FROM"),
        *(
            "INSERT users VALUES",
            "WITH x AS (SELECT 1)",
            "CREATE",
            "DROP",
            "ALTER TABLE",
            "EXPLAIN",
        ),
        *("ALTER TABLE users FROBNICATE a", "CREATE FROB x", "CALL cleanup()", "EXECUTE x"),
        *("SELECT 1 INSERT INTO users VALUES (1)", "DROP TABLE", "HANDLER users OPEN"),
    ],
    "unknown",
)

SQLITE = dict.fromkeys(
    [
        "PRAGMA foreign_keys",
        "PRAGMA table_info(users)",
        'PRAGMA main.table_xinfo("users")',
        "PRAGMA table_info = users",
        "PRAGMA foreign_key_check",
        "PRAGMA integrity_check",
        "PRAGMA user_version",
        "EXPLAIN QUERY PLAN DELETE FROM users",
        "SELECT * FROM pragma_table_info('users')",
        "SELECT sql FROM sqlite_master WHERE type = 'table'",
        "SELECT [id], `name` FROM users",
        "SELECT group_concat(name, ';') FROM users",
        "SELECT json_extract('{}', '$.a'), strftime('%s', 'now'), iif(1, 2, 3)",
        "SELECT 'it''s; DELETE FROM users'",
    ],
    "read",
)
SQLITE |= dict.fromkeys(
    [
        "REPLACE INTO users VALUES (1)",
        "INSERT OR REPLACE INTO users VALUES (1)",
        "INSERT OR IGNORE INTO users (id) VALUES (?), (:b)",
        "UPDATE OR IGNORE users SET name = 'x'",
        "DELETE FROM users AS u WHERE u.id = 1",
    ],
    "rows",
)
SQLITE |= dict.fromkeys(
    [
        "PRAGMA writable_schema = ON",
        "PRAGMA user_version = 5",
        "PRAGMA journal_mode = DELETE",
        "CREATE TABLE x (a integer PRIMARY KEY) WITHOUT ROWID",
        "CREATE TABLE x (a) STRICT",
        "CREATE VIRTUAL TABLE x USING fts5 (a)",
        "CREATE TRIGGER tr AFTER INSERT ON t BEGIN DELETE FROM u; UPDATE t SET a = 1; END",
        "CREATE TRIGGER tr UPDATE ON t BEGIN UPDATE t SET a = CASE 1 WHEN 1 THEN 2 END; END",
        "CREATE TEMP TRIGGER tr INSTEAD OF DELETE ON v BEGIN SELECT 1; END",
        "CREATE TABLE 'x' (a)",
    ],
    "schema",
)
SQLITE |= dict.fromkeys(
    [
        *("PRAGMA foreign_keys=OFF", "PRAGMA foreign_keys(0)", "PRAGMA query_only = ON"),
        *("ATTACH 'x' AS y", "ATTACH DATABASE 'x' AS y", "DETACH y", "PRAGMA busy_timeout = 1"),
    ],
    "session",
)
SQLITE |= dict.fromkeys(["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE TRANSACTION"], "transaction")
SQLITE |= dict.fromkeys(
    ["VACUUM INTO 'x'", "PRAGMA wal_checkpoint", "PRAGMA optimize", "REINDEX users"], "effect"
)
SQLITE |= dict.fromkeys(
    [
        "SELECT load_extension('x')",
        "SELECT writefile('x', 'y')",
        "SELECT $x(') ; DELETE FROM t --')",
    ],
    "calls",
)
SQLITE |= dict.fromkeys(
    [
        *("TRUNCATE users", "SET x = 1", "SHOW x", "COPY users FROM STDIN", "TABLE users"),
        *("DO 1", "MERGE INTO users USING t ON true WHEN MATCHED THEN DELETE", "PRAGMA"),
    ],
    "unknown",
)

POSTGRESQL = dict.fromkeys(
    [
        "TABLE users",
        "SHOW search_path",
        "EXPLAIN (COSTS off, FORMAT json) DELETE FROM users",
        "EXPLAIN (VERBOSE, BUFFERS true, SETTINGS, TIMING off) DELETE FROM users",
        "SELECT row(a, 2) IS DISTINCT FROM row(a, 1) FROM t GROUP BY GROUPING SETS ((a), ())",
        "EXPLAIN VERBOSE UPDATE users SET name = 'x'",
        "COPY users TO STDOUT",
        "COPY users (id, name) TO STDOUT WITH (FORMAT csv)",
        "COPY (SELECT * FROM users) TO STDOUT",
        "SELECT $$DELETE FROM users; $$, $x$ ; $$ $x$",
        "SELECT E'\\'; DELETE FROM users --'",
        "SELECT a::text, b ->> 'x', ARRAY[1, 2] FROM t WHERE a = ANY (%(a)s)",
        "SELECT pg_catalog.format_type(1, 2), current_setting('TimeZone'), to_regclass('users')",
        "SELECT * FROM generate_series(1, 3) AS n (i), unnest(ARRAY[1]) WITH ORDINALITY",
        "SELECT string_agg(name, ',' ORDER BY name), now(), extract(year FROM now()) FROM users",
    ],
    "read",
)
POSTGRESQL |= dict.fromkeys(
    [
        "WITH x AS (DELETE FROM users RETURNING *) SELECT * FROM x",
        "WITH x AS (INSERT INTO users VALUES (1) RETURNING id) SELECT id FROM x",
        "WITH x AS MATERIALIZED (UPDATE users SET name = 'x' RETURNING 1) TABLE x",
        "EXPLAIN ANALYZE DELETE FROM users",
        "EXPLAIN (FORMAT json, ANALYZE) DELETE FROM users",
        "EXPLAIN ANALYSE VERBOSE UPDATE users SET name = 'x'",
        'EXPLAIN ("analyze") DELETE FROM users',
        'EXPLAIN (COSTS off, U&"analyze" on) DELETE FROM users',
        "COPY users FROM STDIN",
        "COPY (DELETE FROM users RETURNING *) TO STDOUT",
        "TRUNCATE users",
        "TRUNCATE TABLE ONLY a, public.b RESTART IDENTITY CASCADE",
        "MERGE INTO users u USING t ON u.id = t.id WHEN MATCHED THEN DELETE",
        "MERGE INTO users USING t ON true WHEN MATCHED THEN UPDATE SET name = 'x'",
        "MERGE INTO users USING t ON true WHEN NOT MATCHED THEN INSERT VALUES (1)",
        "DELETE FROM ONLY users USING reviews r WHERE r.user_id = users.id",
        "INSERT INTO users (name) VALUES (%(name)s) RETURNING users.id",
    ],
    "rows",
)
POSTGRESQL |= dict.fromkeys(
    [
        "COPY users FROM PROGRAM 'x'",
        "COPY users FROM '/tmp/x'",
        "INSERT INTO users SELECT dblink('x')",
    ],
    "rows out",
)
POSTGRESQL |= dict.fromkeys(
    [
        "CREATE TABLE x AS WITH gone AS (DELETE FROM users RETURNING *) SELECT * FROM gone",
        "CREATE TABLE x (a) AS WITH gone AS (DELETE FROM t RETURNING 1) TABLE gone WITH NO DATA",
    ],
    "rows schema",
)
POSTGRESQL |= dict.fromkeys(
    ["COPY users TO PROGRAM 'x'", "COPY (SELECT 1) TO '/tmp/x'"], "read out"
)
POSTGRESQL |= dict.fromkeys(
    [
        "SELECT setval('s', 1)",
        "SELECT nextval('s')",
        "SELECT pg_catalog.setval('s', 1)",
        "SELECT pg_terminate_backend(1)",
        "SELECT lo_unlink(1)",
        "SELECT * FROM dblink('x', 'DELETE FROM t') AS t (a int)",
        "SELECT public.lower(name) FROM users",
        'SELECT "Lower"(name) FROM users',
        "SELECT query_to_xml('DELETE FROM users', true, true, '')",
        "SELECT set_config('x', 'y', false)",
        "SELECT pg_read_file('x')",
        "WITH evil (a) AS (SELECT 1) SELECT evil(1) FROM evil",
        'SELECT key(1), "text"(2)',
        "SELECT range(1, 2)",
        "SELECT * FROM range(1)",
        "SELECT * FROM t, sets(1)",
        "SELECT * FROM natural(1)",
        "EXPLAIN ANALYZE SELECT setval('s', 1)",
    ],
    "calls",
)
POSTGRESQL |= dict.fromkeys(
    ["SELECT * FROM users FOR UPDATE", "SELECT * FROM users FOR SHARE OF users SKIP LOCKED"],
    "locks",
)
POSTGRESQL |= dict.fromkeys(
    [
        "SELECT * INTO copied FROM users",
        "CREATE UNLOGGED TABLE x (a int)",
        "CREATE TABLE x (a) AS SELECT 1 WITH NO DATA",
        "CREATE TABLE x AS TABLE users WITH DATA",
        "CREATE TABLE x (a int GENERATED ALWAYS AS (1) STORED) PARTITION BY RANGE (a)",
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON ONLY public.users USING btree (name)",
        "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN DELETE FROM users; END $$",
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE 1 WHEN 1 THEN 1 END; END",
        "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()",
        "CREATE EXTENSION pg_trgm",
        "CREATE TYPE e AS ENUM ('a')",
        "CREATE MATERIALIZED VIEW v AS SELECT 1",
        "CREATE SCHEMA x",
        "CREATE ROLE x",
        "DROP SCHEMA x CASCADE",
        "DROP OWNED BY x",
        "DROP FUNCTION f(int)",
        "DROP INDEX CONCURRENTLY i",
        "DROP TABLE a, public.b CASCADE",
        "ALTER TABLE ONLY users ALTER a SET NOT NULL",
        "ALTER TABLE users ADD a int, DROP b, ALTER COLUMN c TYPE numeric(8, 2) USING c::numeric",
        "ALTER TABLE users ADD CONSTRAINT c CHECK (a > 1) NOT VALID",
        "ALTER TABLE users VALIDATE CONSTRAINT c",
        "ALTER TABLE users RENAME CONSTRAINT a TO b",
        "ALTER TABLE users SET SCHEMA y",
        "ALTER TABLE users ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE users ADD EXCLUDE USING gist (a WITH =)",
        "ALTER TYPE e ADD VALUE 'x'",
        "ALTER SEQUENCE s RESTART WITH 5",
        "GRANT SELECT ON users TO x",
        "REVOKE ALL ON users FROM x",
        "COMMENT ON TABLE users IS 'x'",
        "SECURITY LABEL ON TABLE users IS 'x'",
    ],
    "schema",
)
POSTGRESQL |= dict.fromkeys(
    [
        "SET search_path = x",
        "SET LOCAL lock_timeout = '2s'",
        "RESET ALL",
        "DISCARD ALL",
        "LISTEN x",
    ],
    "session",
)
POSTGRESQL |= dict.fromkeys(
    [
        "START TRANSACTION READ WRITE",
        "ABORT",
        "LOCK TABLE users IN EXCLUSIVE MODE",
        "BEGIN ISOLATION LEVEL SERIALIZABLE",
    ],
    "transaction",
)
POSTGRESQL |= dict.fromkeys(
    [
        "REFRESH MATERIALIZED VIEW v",
        "CLUSTER users",
        "NOTIFY x, 'y'",
        "VACUUM FULL users",
        "CHECKPOINT",
    ],
    "effect",
)
POSTGRESQL |= dict.fromkeys(
    [
        "DO $$ BEGIN DELETE FROM users; END $$",
        "PREPARE p AS DELETE FROM users",
        "CREATE TABLE x AS EXECUTE p",
        "DECLARE c CURSOR FOR SELECT 1",
        "FETCH ALL FROM c",
        "LOAD 'x'",
        "PRAGMA foreign_keys = OFF",
        "ATTACH 'x' AS y",
        "EXPLAIN ANALYZE DO $$ BEGIN END $$",
        "EXPLAIN QUERY PLAN SELECT 1",
        "REPLACE INTO users VALUES (1)",
    ],
    "unknown",
)
