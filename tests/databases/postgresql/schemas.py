"""A database as other people's look: several schemas, strange names, everything that a catalogue
can hold. Filled as the worker or as the server's owner."""

BY_WORKER = (
    "CREATE SCHEMA crm",
    'CREATE SCHEMA "Größe.x"',
    "CREATE TYPE crm.mood AS ENUM ('glad', 'sad')",
    "CREATE DOMAIN crm.percent AS int CHECK (VALUE BETWEEN 0 AND 100)",
    "CREATE TYPE crm.pair AS (a int, b text)",
    """CREATE TABLE crm.studios (id int PRIMARY KEY, name text, mood crm.mood,
    share crm.percent, pair crm.pair, studio int REFERENCES public.studios (id),
    created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now())""",
    "INSERT INTO crm.studios (id, name, mood) VALUES (1, 'One', 'glad'), (2, 'Two', 'sad')",
    'CREATE TABLE "Größe.x"."Ta""b.le" ("Nr." serial PRIMARY KEY, "wo: %s" text)',
    'INSERT INTO "Größe.x"."Ta""b.le" ("wo: %s") VALUES (\'a\'), (\'b\'), (\'c\')',
    'CREATE TABLE "crm.studios" (id int PRIMARY KEY)',
    'INSERT INTO "crm.studios" VALUES (1)',
    "CREATE TABLE crm.visits (id int, at date) PARTITION BY RANGE (at)",
    """CREATE TABLE crm.visits_2020 PARTITION OF crm.visits
    FOR VALUES FROM ('2020-01-01') TO ('2021-01-01')""",
    "INSERT INTO crm.visits VALUES (1, '2020-05-05')",
    "CREATE TABLE crm.partners (since date) INHERITS (crm.studios)",
    "INSERT INTO crm.partners (id, name) VALUES (3, 'Three')",
    "CREATE FUNCTION crm.half(a int) RETURNS int LANGUAGE sql AS 'SELECT a / 2'",
    "CREATE FUNCTION crm.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "CREATE TRIGGER touch BEFORE UPDATE ON crm.studios FOR EACH ROW EXECUTE FUNCTION crm.touch()",
    "CREATE VIEW crm.names WITH (security_invoker) AS SELECT name FROM crm.studios",
    "CREATE MATERIALIZED VIEW crm.numbers AS SELECT count(*) AS n FROM crm.studios",
    "ALTER TABLE crm.studios ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY all_of_it ON crm.studios USING (id > 0)",
    "GRANT USAGE ON SCHEMA crm TO PUBLIC",
    "GRANT SELECT (name) ON crm.studios TO PUBLIC",
    "GRANT SELECT ON crm.visits TO pg_monitor WITH GRANT OPTION",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA crm GRANT SELECT ON TABLES TO pg_monitor",
    "SELECT lo_from_bytea(0, 'large')",
)
BY_SUPERUSER = (
    "CREATE FUNCTION watch() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
    "CREATE EVENT TRIGGER watch ON ddl_command_start EXECUTE FUNCTION watch()",
    "CREATE PUBLICATION everything FOR ALL TABLES",
    "CREATE EXTENSION pg_trgm SCHEMA crm",
)
ROWS = {
    '"crm.studios"': 1,
    "crm.studios": 2,
    "crm.partners": 1,
    "crm.visits_2020": 1,
    '"Größe.x"."Ta""b.le"': 3,
}
