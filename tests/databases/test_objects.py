"""Which objects of a SQLite schema a revision takes away or alters without naming them."""

import sqlite3
import warnings
from contextlib import closing

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from hypothesis import given
from hypothesis import strategies as st

from portal.databases.migrations.objects.comparing import differences
from portal.databases.migrations.objects.facts import keyed
from portal.databases.migrations.objects.naming import NamedObjects
from portal.databases.migrations.objects.sqlite_table import facts_of_table
from portal.databases.migrations.objects.tokens import joined, same, tokens
from portal.databases.migrations.objects.watching import watching

SCHEMA = """
CREATE TABLE owners (
    id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT COLLATE NOCASE UNIQUE ON CONFLICT IGNORE,
    seat TEXT CONSTRAINT ck_city CHECK (seat > 1)
);
CREATE TABLE rooms (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name VARCHAR(200) NOT NULL ON CONFLICT FAIL COLLATE NOCASE CHECK (length(name) > 0),
    city TEXT DEFAULT 'a, b' , -- a comment, with (a comma
    code INT DEFAULT (1 + 2),
    owner_id INTEGER CONSTRAINT fk_owner REFERENCES owners ON DELETE CASCADE
        DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_city CHECK (city <> ''),
    CHECK (code >= 0),
    UNIQUE (name, city) ON CONFLICT REPLACE
);
CREATE TABLE tags (tag TEXT PRIMARY KEY, words TEXT) WITHOUT ROWID;
CREATE TABLE codes (code TEXT, words TEXT);
CREATE TABLE loud (
    a TEXT, b TEXT, shout TEXT GENERATED ALWAYS AS (upper(a)) STORED
) STRICT;
CREATE INDEX ix_tags ON tags (words);
CREATE INDEX ix_expression ON rooms (lower(city));
CREATE INDEX ix_partial ON rooms (code) WHERE city IS NOT NULL;
CREATE INDEX ix_collated ON rooms (name COLLATE BINARY DESC);
CREATE TRIGGER tr_rooms AFTER UPDATE ON rooms BEGIN
    UPDATE rooms SET code = 1 WHERE id = new.id; SELECT 1; END;
CREATE VIEW cities AS SELECT name, city FROM rooms;
INSERT INTO owners (email) VALUES ('a'), ('b'), ('c');
INSERT INTO rooms (name, owner_id) VALUES ('x', 1), ('y', 2), ('z', 3);
DELETE FROM rooms WHERE name = 'z';
"""
LEGACY = "PRAGMA legacy_alter_table = ON"
"""By which a rebuild gets past views that name the table."""
CODE = "with op.batch_alter_table('rooms') as batch: batch.alter_column('code', type_=sa.Integer())"
REBUILT_BY_ALEMBIC = {
    "AUTOINCREMENT of rooms goes.",
    "CHECK (length(name) > 0) of rooms goes.",
    "CHECK (code >= 0) of rooms goes.",
    "Whether rooms.name may be NULL changes from NOT NULL ON CONFLICT FAIL to NOT NULL.",
    "The collation of rooms.name changes from NOCASE to BINARY.",
    "The foreign key (owner_id) of rooms changes.",
    "The name fk_owner of a constraint of rooms goes.",
    "UNIQUE (name, city) of rooms changes from ON CONFLICT REPLACE to nothing.",
    "Index ix_collated on rooms changes.",
    "Index ix_expression on rooms goes.",
    "Trigger tr_rooms on rooms goes.",
    "The counter of rooms goes: numbers of deleted rows are given again.",
}
BY_HAND = """
op.execute("CREATE TABLE new (a TEXT, b TEXT, shout TEXT) ")
op.execute("INSERT INTO new SELECT * FROM loud")
op.execute("DROP TABLE loud")
op.execute("ALTER TABLE new RENAME TO loud")
op.execute("CREATE TABLE new_tags (words VARCHAR(99), tag TEXT PRIMARY KEY)")
op.execute("DROP INDEX ix_tags")
op.execute("DROP TABLE tags; ")
op.execute("ALTER TABLE new_tags RENAME TO tags")
"""
MOVED_ASIDE = """
op.execute("ALTER TABLE owners RENAME TO owners_old")
op.execute("CREATE TABLE owners (id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " email TEXT COLLATE NOCASE UNIQUE ON CONFLICT IGNORE,"
    " seat TEXT CONSTRAINT ck_city CHECK (seat > 1))")
op.execute("INSERT INTO owners SELECT * FROM owners_old")
op.execute("DROP TABLE owners_old")
"""
BESIDE_OTHERS = """
op.execute('DROP VIEW cities')
with op.batch_alter_table('rooms') as batch:
    batch.drop_constraint('ck_city')
    batch.drop_index('ix_partial')
    batch.drop_column('city')
"""
# Words of what is done, statements, and what nobody named.
LOSING = [
    ("a rebuild by Alembic", f"op.execute({LEGACY!r})\n{CODE}", REBUILT_BY_ALEMBIC),
    (
        "a rebuild by hand",
        BY_HAND,
        {
            "How loud.shout is generated changes from upper(a) STORED to not at all.",
            "STRICT of loud goes.",
            "WITHOUT ROWID of tags goes.",
            "The order of the columns of tags changes from tag, words to words, tag.",
            "Whether tags.tag may be NULL changes from NOT NULL to NULL.",
        },
    ),
    (
        "a table moved aside, which foreign keys follow",
        MOVED_ASIDE,
        {"The foreign key (owner_id) of rooms changes."},
    ),
    (
        "a column that others share a constraint with",
        BESIDE_OTHERS,
        (REBUILT_BY_ALEMBIC | {"Column rooms.code changes from INT to INTEGER."})
        - {"UNIQUE (name, city) of rooms changes from ON CONFLICT REPLACE to nothing."}
        - {"Index ix_expression on rooms goes."}  # it is about that column alone
        | {"UNIQUE (name, city) of rooms goes."},
    ),
    (
        "a table under a view and a trigger of another",
        (
            "op.execute('CREATE TRIGGER tr AFTER DELETE ON owners BEGIN DELETE FROM rooms; END')\n"
            "op.execute('DROP TABLE rooms')"
        ),
        {"Reading view cities no longer works.", "Deleting from owners no longer works."},
    ),
    (
        "what the revision made itself, before it rebuilt the table",
        (
            "op.execute('CREATE TRIGGER tr_new AFTER DELETE ON tags BEGIN SELECT 1; END')\n"
            "op.execute('DROP INDEX ix_tags')\n"
            "op.execute('CREATE INDEX ix_tags ON tags (+words)')\n"
            "op.execute('CREATE TABLE gone (a)'); op.execute('CREATE INDEX ix_gone ON gone (a)')\n"
            "with op.batch_alter_table('tags', recreate='always') as batch: pass\n"
            "op.execute('DROP TABLE gone')"
        ),
        {"Trigger tr_new on tags goes.", "Index ix_tags on tags goes."},
    ),
    (
        "what the revision wrote itself into a table, before it rebuilt it",
        (
            "op.execute('CREATE TABLE fresh (id INTEGER PRIMARY KEY AUTOINCREMENT,"
            " a TEXT COLLATE NOCASE CHECK (a > 1))')\n"
            "op.execute('CREATE TABLE gone (id INTEGER, CHECK (id > 1))')\n"
            "for table in ('fresh', 'gone'):\n"
            "    with op.batch_alter_table(table, recreate='always') as batch: pass\n"
            "op.execute('DROP TABLE gone')\n"
            "op.execute('ALTER TABLE fresh RENAME TO signs')"
        ),
        {
            "CHECK (a > 1) of fresh goes.",
            "AUTOINCREMENT of fresh goes.",
            "The collation of fresh.a changes from NOCASE to BINARY.",
        },
    ),
    (
        "a trigger by the name of an index",
        (
            "op.execute('DROP INDEX IF EXISTS tr_rooms')\n"
            "op.get_bind().connection.driver_connection.execute('DROP TRIGGER tr_rooms')"
        ),
        {"Trigger tr_rooms on rooms goes."},
    ),
    (
        "a constraint by the name of another table's",
        (
            "with op.batch_alter_table('codes') as batch:\n"
            "    batch.create_check_constraint('ck_city', 'code > 1')\n"
            "op.execute('CREATE TABLE new (id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT"
            " COLLATE NOCASE UNIQUE ON CONFLICT IGNORE, seat TEXT)')\n"
            "op.execute('DROP TABLE owners'); op.execute('ALTER TABLE new RENAME TO owners')\n"
            "op.execute(\"UPDATE sqlite_sequence SET seq = 9 WHERE name = 'owners'\")"
        ),
        {"CHECK (seat > 1) of owners goes."},
    ),
    (
        "a counter that is set back by a statement about another one",
        (
            "op.execute(\"UPDATE sqlite_sequence SET seq = 9 WHERE name = 'owners'\")\n"
            "op.get_bind().connection.driver_connection.execute("
            "\"UPDATE sqlite_sequence SET seq = 1 WHERE name = 'rooms'\")"
        ),
        {"The counter of rooms goes back from 3 to 1: numbers of deleted rows are given again."},
    ),
]
NAMED = [
    "op.execute('DROP TRIGGER tr_rooms'); op.execute('-- no more\\ndrop view \"cities\"')",
    "op.drop_index('ix_partial'); op.execute('CREATE INDEX ix_partial ON rooms (city)')",
    "op.execute('DROP VIEW cities'); op.drop_table('rooms')",
    (
        "op.execute('ALTER TABLE rooms RENAME TO halls')\n"
        "op.execute('ALTER TABLE halls RENAME COLUMN code TO number')\n"
        "op.execute('ALTER TABLE halls ADD COLUMN more TEXT')"
    ),
    "op.execute('ALTER TABLE loud DROP COLUMN b')",
    "op.execute(\"UPDATE sqlite_sequence SET seq = 1 WHERE name = 'rooms'\")",
    (
        "with op.batch_alter_table('tags') as batch:\n"
        "    batch.alter_column('words', type_=sa.String(99), server_default='x', nullable=False)"
    ),
    "with op.batch_alter_table('loud', recreate='never') as batch: batch.drop_column('b')",
    (
        "with op.batch_alter_table('codes') as batch:\n"
        "    batch.create_primary_key('pk_codes', ['code'])"
    ),
    "op.execute('CREATE TRIGGER tr_two AFTER DELETE ON owners BEGIN SELECT 1; END')",
    (  # what a rebuild leaves behind, made again or dropped by name since
        "op.execute('CREATE TRIGGER tr_two AFTER DELETE ON codes BEGIN SELECT 1; END')\n"
        "op.execute('CREATE TABLE fresh (a INT CONSTRAINT ck CHECK (a > 1))')\n"
        "for table in ('codes', 'fresh'):\n"
        "    with op.batch_alter_table(table, recreate='always') as batch: pass\n"
        "op.execute('CREATE TRIGGER tr_two AFTER DELETE ON codes BEGIN SELECT 2; END')\n"
        "op.execute('DROP TABLE fresh')"
    ),
]


def losses(statements: str) -> set[str]:
    """What the watch says of a revision with these statements."""
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        connection.connection.driver_connection.executescript(SCHEMA)
        with watching(connection) as watch, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Alembic tells of some of it, to nobody
            with Operations.context(MigrationContext.configure(connection)) as op:
                exec(statements, {"op": op, "sa": sa})  # noqa: S102
            watch.mark("one")
        return {each.sentence for each in watch.losses}


@pytest.mark.parametrize(("statements", "lost"), [each[1:] for each in LOSING], ids=lambda _: "")
def test_what_goes_or_changes_unnamed_is_listed(statements, lost):
    assert losses(statements) == lost


@pytest.mark.parametrize("statements", NAMED)
def test_what_an_operation_names_is_not(statements):
    assert losses(statements) == set()


def test_what_a_later_revision_puts_back_is_not_lost():
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        connection.connection.driver_connection.executescript(SCHEMA)
        trigger = "SELECT sql FROM sqlite_master WHERE name = 'tr_rooms'"
        sql = connection.exec_driver_sql(trigger).scalar_one()
        with watching(connection) as watch:
            driver = connection.connection.driver_connection
            driver.execute("DROP TRIGGER tr_rooms")  # as nobody sees it
            watch.mark("one")
            assert [each.revision for each in watch.losses] == ["one"]
            connection.exec_driver_sql(sql)
            watch.mark("two")
        assert watch.losses == []


COLUMN = st.sampled_from(["a", '"order"', "[b c]", "`d`"])
CLAUSE = st.sampled_from(
    [
        *("NOT NULL", "DEFAULT 'x, y'", "DEFAULT (1 + 2)", "COLLATE NOCASE", "UNIQUE"),
        *("CHECK (1 <> 2 OR 'a)' = 'b')", "REFERENCES p (id) ON DELETE SET NULL", "DEFAULT NULL"),
        *("CONSTRAINT k NOT NULL", "CONSTRAINT c UNIQUE ON CONFLICT REPLACE", "NULL"),
        "REFERENCES p(id) NOT DEFERRABLE INITIALLY IMMEDIATE",
    ]
)
TABLE = st.lists(
    st.tuples(COLUMN, st.sampled_from(["", "INT", "VARCHAR (20)"]), st.sets(CLAUSE, max_size=3)),
    min_size=1,
    max_size=4,
    unique_by=lambda each: each[0],
)


@given(TABLE)
def test_spacing_quoting_and_comments_are_no_change(columns):
    parts = [f"{name} {kind} {' '.join(sorted(clauses))}" for name, kind, clauses in columns]
    sql = f"CREATE TABLE t ({', '.join(parts)})"
    with closing(sqlite3.connect(":memory:")) as connection:
        try:
            connection.execute(sql)
        except sqlite3.OperationalError:
            return
    spaced = f"CREATE TABLE t(\n{' /* , ( */ ,'.join(parts)}--)\n)".replace("[b c]", '"b c"')
    one, other = (keyed(facts_of_table("t", each)) for each in (sql, spaced))
    assert {key.kind for key in one} >= {"column", "NULL", "order"}
    assert differences(one, other) == differences(other, one) == []
    for place in range(len(columns)):
        without = [part for at, part in enumerate(parts) if at != place]
        if without:
            less = keyed(facts_of_table("t", f"CREATE TABLE t ({', '.join(without)})"))
            assert differences(one, less)


@given(st.text(alphabet="ab'\"`[](),;:-/*$ \n0", max_size=40))
def test_any_text_has_words_and_they_are_read_again(text):
    words = tokens(text)
    assert same(text, joined(words), lambda _old, _new: False) or "'" in text or '"' in text
    facts_of_table("t", text)


@pytest.mark.parametrize(
    ("sql", "part", "named"),
    [
        ('DROP INDEX CONCURRENTLY IF EXISTS public.one, "Two" CASCADE', "objects", {"one", "two"}),
        ("/* a */ CREATE OR REPLACE VIEW other.v AS SELECT 1", "objects", {"other.v"}),
        ("CREATE UNIQUE INDEX IF NOT EXISTS i ON t (a)", "objects", {"i"}),
        ("CREATE CONSTRAINT TRIGGER tr AFTER INSERT ON t EXECUTE FUNCTION f()", "objects", {"tr"}),
        (
            "ALTER TABLE t DROP CONSTRAINT c, DISABLE TRIGGER r",
            "on_table",
            {("t", "c"), ("t", "r")},
        ),
        ("ALTER TABLE t ADD CONSTRAINT pk PRIMARY KEY (a)", "altered", {("t", "a", "NULL")}),
        ("ALTER TABLE t ALTER a TYPE int USING a::int", "altered", {("t", "a", "column")}),
        ("ALTER TABLE ONLY t ALTER COLUMN a SET NOT NULL", "altered", {("t", "a", "NULL")}),
        ("COMMENT ON COLUMN public.t.a IS NULL", "altered", {("t", "a", "comment")}),
        ("ALTER TABLE IF EXISTS t DROP COLUMN IF EXISTS a CASCADE", "columns", {("t", "a")}),
        ("ALTER SEQUENCE s RESTART WITH 1", "counters", {"s"}),
        ("DROP TABLE a, b CASCADE", "dropped", {"a", "b"}),
        ("ALTER TABLE t RENAME CONSTRAINT a TO b", "renames", {("a", "b")}),
        ("INSERT INTO t VALUES ('DROP TABLE a; DROP INDEX b')", "dropped", set()),
        ("SELECT 1; DROP", "objects", set()),
        ("SELECT seq FROM sqlite_sequence WHERE name = 't'", "counters", set()),
    ],
)
def test_a_statement_names_what_is_in_its_head(sql, part, named):
    names = NamedObjects()
    names.hear(sql)
    assert getattr(names, part) - {("t", ")", "NULL")} == named


@pytest.mark.parametrize(
    ("was", "now", "is_same"),
    [
        ("(a OR b) AND c", "a OR (b AND c)", False),
        ("x = 'A'", "x = 'a'", False),
        ("((x)::text = 'a'::text)", "(x = 'a')", True),
        ("SELECT owner FROM rooms", "SELECT keeper AS owner FROM rooms", True),
        ("SELECT owner, a FROM rooms", "SELECT owner AS a FROM rooms", False),
        ("nextval('rooms_seq')", "nextval('\"halls_seq\"')", True),
    ],
)
def test_two_definitions_say_the_same_or_they_do_not(was, now, is_same):
    pairs = {("owner", "keeper"), ("rooms_seq", "halls_seq")}
    assert same(was, now, lambda old, new: (old, new) in pairs) is is_same
