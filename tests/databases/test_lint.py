"""The linter: each rule names file and line, the danger and the safer way, on both engines."""

import shutil

import pytest

from portal.core.errors import Invalid
from portal.databases.changes.rehearsal import lock_hints
from portal.databases.migrations import history as revisions
from portal.databases.migrations.lint import lint_history
from portal.databases.migrations.lint.events import EventKind, of_sql
from portal.databases.migrations.sql import classify
from tests.databases.revising import EXPAND, write_revision
from tests.databases.stage import HEAD

pytestmark = pytest.mark.filterwarnings("ignore:Unnamed CHECK constraint")  # told to nobody
BATCH = """
with op.batch_alter_table('studio_profiles') as batch:
    batch.alter_column('city', type_=sa.String(40))
"""
LOUNGE = """
with op.batch_alter_table('lounges', recreate='always') as batch:
    batch.add_column(sa.Column('motto', sa.String(80)))
"""
DROP = "op.drop_column('users', 'display_name')"
LOUNGE_BACK = """
# lint: accept loses-data-on-downgrade: nobody has a motto
with op.batch_alter_table('lounges') as batch:
    batch.drop_column('motto')
"""
KEEP = "pass  # the column stays"
# Words of what is done, the phase that is claimed, statements, and the rules that are broken.
DANGERS = [
    ("drop of a column in an expand", "expand", DROP, {"claims-expand"}),
    ("drop of what live code uses", "contract", DROP, {"drops-column"}),
    ("drop of a table that code uses", "contract", "op.drop_table('reviews')", {"drops-table"}),
    (
        "rename of a column that code uses",
        "contract",
        "op.alter_column('users', 'username', new_column_name='nick')",
        {"renames-column"},
    ),
    (
        "rename of a table, in plain SQL",
        "expand",
        "op.execute('ALTER TABLE \"reviews\" RENAME TO opinions')",
        {"claims-expand"},
    ),
    (
        "NOT NULL without a default",
        "expand",
        "op.execute('ALTER TABLE users ADD COLUMN motto TEXT NOT NULL')",
        {"not-null-without-default"},
    ),
    ("a rebuild with a type", "contract", BATCH, {"rewrites-table", "rebuild-cascades"}),
    (
        "an index that is not concurrent",
        "expand",
        "op.create_index('ix_by_city', 'studio_profiles', ['city'])",
        {"index-not-concurrent"},
    ),
    (
        "a rebuild that leaves a trigger, a check and AUTOINCREMENT behind",
        "expand",
        LOUNGE,
        {"rebuild-loses-objects"},
    ),
    ("rows that go", "contract", "op.execute('DELETE FROM reviews')", {"deletes-rows"}),
]
BLANKET = "UPDATE users SET display_name = 'drop table x; delete from y' WHERE id IS NOT NULL"
ONLY_SERVER = "if op.get_context().dialect.name == 'postgresql':\n    op.execute({!r})"
DANGERS += [
    ("rows that go behind a comment", "contract", "op.execute('/* x */ delete from reviews')",
     {"deletes-rows"}),
    ("rows that go in a CTE", "contract",
     "op.execute('WITH x AS (SELECT 1) DELETE FROM reviews')", {"deletes-rows"}),
    ("every row, behind a condition", "expand", f'op.execute("{BLANKET}")', {"updates-all-rows"}),
    ("rows that are replaced", "expand", "op.execute('REPLACE INTO users (id) VALUES (1)')",
     {"replaces-rows"}),
    ("names in capitals", "contract", "op.execute('DROP TABLE IF EXISTS \"Reviews\"')",
     {"drops-table"}),
    ("several tables", "contract",
     ONLY_SERVER.format("DROP TABLE nowhere, public.reviews CASCADE"), {"drops-table", "cascades"}),
    ("several actions", "contract",
     ONLY_SERVER.format("ALTER TABLE users ADD a text, ALTER email SET NOT NULL, DROP username"),
     {"sets-not-null", "drops-column"}),
    ("tables emptied at once", "contract", ONLY_SERVER.format("TRUNCATE nowhere, reviews"),
     {"deletes-rows"}),
    ("a schema", "contract", ONLY_SERVER.format("DROP SCHEMA app"), {"drops-schema"}),
    ("what is not understood", "expand", ONLY_SERVER.format("DO $$ BEGIN DELETE FROM a; END $$"),
     {"not-understood"}),
    ("code that is called", "expand", ONLY_SERVER.format("SELECT clean_up(id) FROM users"),
     {"calls-code"}),
]  # fmt: skip
HARMLESS = """
op.execute("UPDATE users SET display_name = 'drop table users' WHERE id = 5")
op.execute("-- delete from users\\nSELECT 'ALTER TABLE users DROP COLUMN id; DELETE FROM users'")
op.create_table('mottos', sa.Column('id', sa.Integer, primary_key=True))
op.create_index('ix_mottos', 'mottos', ['id'])
op.add_column('users', sa.Column('motto', sa.String(80), server_default='', nullable=False))
"""


def rules(file):
    return {each.rule for each in lint_history(file)}


ROOT_UPGRADE = """
words = lambda *names: [sa.Column(name, sa.String(80)) for name in names]
key = lambda: sa.Column('id', sa.Integer, primary_key=True)
op.create_table('users', key(), *words('email', 'username', 'display_name'))
op.create_table('studio_profiles', key(), *words('city'))
studio = sa.ForeignKey('studio_profiles.id', ondelete='CASCADE')
op.create_table('reviews', key(), sa.Column('studio_id', sa.Integer, studio))
op.execute('CREATE TABLE lounges (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT CHECK (a > 1))')
op.execute('CREATE TRIGGER tr AFTER DELETE ON lounges BEGIN SELECT 1; END')
"""


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    """A small history with tables that the models have, in place of the directory's own."""
    folder = tmp_path_factory.mktemp("history") / "directory"
    (folder / "versions").mkdir(parents=True)
    shutil.copy(revisions.FOLDER / "script.py.mako", folder)
    write_revision(folder, HEAD, follows=None, upgrade=ROOT_UPGRADE, downgrade=KEEP)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(revisions, "FOLDER", folder)
        yield folder


@pytest.fixture(scope="module")
def broken(history):
    """Every danger in a revision of its own: {words: findings}."""
    found = {}
    for words, phase, upgrade, _ in DANGERS:
        file = write_revision(history, phase=phase, upgrade=upgrade, downgrade=KEEP)
        found[words] = lint_history(file)
        file.unlink()
    return found


@pytest.fixture(autouse=True)
def _no_leftovers(history):
    yield
    for file in history.glob(f"versions/{EXPAND}*.py"):
        file.unlink()


@pytest.mark.parametrize(("words", "broken_rules"), [(each[0], each[3]) for each in DANGERS])
def test_a_danger_is_named_with_its_line_and_the_safer_way(broken, words, broken_rules):
    named = {each.rule: each for each in broken[words] if each.rule != "no-way-back"}

    assert set(named) == broken_rules
    for finding in named.values():
        source = DANGERS[[each[0] for each in DANGERS].index(words)][2]
        assert finding.line > 10, source
        assert finding.safer
        assert finding.accepted is None


def test_what_a_rebuild_leaves_behind_is_named_and_what_is_made_again_is_not(history):
    whole = LOUNGE.replace(
        "recreate='always'",
        "recreate='always', table_kwargs={'sqlite_autoincrement': True},"
        " table_args=[sa.CheckConstraint('a > 1')]",
    )
    trigger = "op.execute('CREATE TRIGGER tr AFTER DELETE ON lounges BEGIN SELECT 1; END')"
    file = write_revision(history, upgrade=whole + trigger, downgrade=LOUNGE_BACK)
    [back] = [each for each in lint_history(file) if each.rule == "rebuild-loses-objects"]
    assert "Trigger tr on lounges goes." in back.sentence, "on the way back"
    assert "table_args" in back.safer
    assert back.line > file.read_text()[: file.read_text().index("def downgrade")].count("\n")

    file = write_revision(history, upgrade=LOUNGE, downgrade=KEEP)
    [found] = [each for each in lint_history(file) if each.rule == "rebuild-loses-objects"]
    for words in ("AUTOINCREMENT of lounges", "CHECK (a > 1) of lounges", "Trigger tr on lounges"):
        assert f"{words} goes." in found.sentence


def test_what_only_adds_is_clean_but_for_the_way_back(history):
    file = write_revision(
        history, upgrade=HARMLESS, downgrade="op.drop_table('mottos')\nraise NotImplementedError"
    )

    assert rules(file) == {"no-way-back", "loses-data-on-downgrade"}


def test_a_finding_is_accepted_with_a_reason_at_its_statement(history):
    accepted = "# lint: accept loses-data-on-downgrade: nobody reads mottos\n"
    file = write_revision(
        history, downgrade=f"{accepted}op.execute(\n    'ALTER TABLE users DROP COLUMN motto'\n)"
    )
    [finding] = lint_history(file)
    assert (finding.rule, finding.accepted) == ("loses-data-on-downgrade", "nobody reads mottos")

    file.write_text(file.read_text().replace("accept loses-data", "accept other-data"))
    [finding] = lint_history(file)
    assert finding.accepted is None


def test_a_missing_phase_is_named(history):
    file = write_revision(history, upgrade="pass", downgrade="op.execute('SELECT 1')")
    file.write_text(file.read_text().replace("phase = 'expand'", ""))

    assert rules(file) == {"no-phase"}


def test_only_what_postgresql_runs_is_looked_at_too(history):
    file = write_revision(
        history,
        phase="contract",
        upgrade="if op.get_context().dialect.name == 'postgresql':\n"
        "    op.execute('ALTER TABLE users ALTER COLUMN email SET NOT NULL')\n"
        "    op.create_check_constraint('short', 'users', 'length(email) < 99')",
        downgrade="op.execute('SELECT 1')",
    )

    assert rules(file) == {"sets-not-null", "constraint-scans"}


def test_what_is_no_history_is_refused(tmp_path, history):
    with pytest.raises(Invalid, match="neither a history"):
        lint_history(tmp_path)
    file = write_revision(history, upgrade="op.drop_table('nowhere')")
    with pytest.raises(Invalid, match="does not run on an empty database"):
        lint_history(file)


def test_a_revision_before_it_that_does_not_run_is_named(history):
    broken = write_revision(history, upgrade="op.drop_table('nowhere')")
    after = write_revision(history, revision="eeee0000eeee", follows=EXPAND, upgrade="pass")
    with pytest.raises(Invalid, match=f"^{broken.name} does not run on an empty database"):
        lint_history(after)
    after.unlink()


def test_the_command_ends_with_1_and_shows_file_and_line(app, history):
    file = write_revision(history, upgrade=DROP, downgrade=KEEP)
    result = app.test_cli_runner().invoke(args=["databases", "lint", str(file)])

    assert result.exit_code == 1
    assert f"{file}:" in result.output
    assert "claims-expand" in result.output
    assert "Safer: " in result.output
    file.unlink()
    result = app.test_cli_runner().invoke(args=["databases", "lint", "--all"])
    assert result.exit_code == 0, result.output
    assert "0 accepted with a reason" in result.output


@pytest.mark.parametrize(
    ("sql", "event"),
    [
        ("alter table if exists only public.users drop column if exists motto", "drop column"),
        ("ALTER TABLE users RENAME motto TO words", "rename column"),
        ("ALTER TABLE users ALTER motto SET DATA TYPE text", "change type"),
        ("ALTER TABLE users ADD CONSTRAINT c CHECK (true)", "add constraint"),
        ("CREATE UNIQUE INDEX i ON users (motto)", "create index"),
        ("TRUNCATE users", "delete rows"),
        ("ALTER TABLE users ADD motto int NOT NULL", "add required column"),
        ("/* c */ ALTER /* c */ TABLE users -- c\n ADD motto int NOT NULL", "add required column"),
        ("CREATE INDEX ON USERS (motto)", "create index"),
        ("WITH x AS (DELETE FROM users RETURNING *) SELECT * FROM x", "delete rows"),
        ("EXPLAIN ANALYZE DELETE FROM users", "delete rows"),
        ("COPY (DELETE FROM users RETURNING 1) TO STDOUT", "delete rows"),
    ],
)
def test_plain_sql_is_understood(sql, event):
    [found] = of_sql(sql, "postgresql")
    assert (found.kind, found.table) == (EventKind(event), "users")


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE users ADD CONSTRAINT c CHECK (true) NOT VALID",
        "ALTER TABLE users DROP CONSTRAINT c",
        "ALTER TABLE users RENAME CONSTRAINT a TO b",
        "CREATE INDEX CONCURRENTLY i ON users (motto)",
        "ALTER TABLE users ADD COLUMN motto text DEFAULT '' NOT NULL",
        "UPDATE users SET motto = 'DROP TABLE users' WHERE id = 1",
        "SELECT 1 /* ; DROP TABLE users; */",
        "SELECT $$; DROP TABLE users$$",
        "SELECT setval('s', 1)",
        "CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $$ DELETE FROM users; $$",
    ],
)
def test_what_is_harmless_raises_nothing(sql):
    assert list(of_sql(sql, "postgresql")) == []


def test_lock_hints_name_each_table_with_its_strongest_lock():
    statements = (
        "UPDATE public.users SET a = 1",
        'ALTER TABLE "users" ADD COLUMN b int',
        "CREATE INDEX i ON reviews (id)",
        "CREATE INDEX CONCURRENTLY j ON mottos (id)",
        "WITH new AS (SELECT 1) INSERT INTO studios SELECT * FROM new",
    )
    hints = lock_hints(classify(";".join(statements), "postgresql"))

    assert [hint.split(":")[0] for hint in hints] == [
        "ACCESS EXCLUSIVE on users",
        "SHARE on reviews",
        "ROW EXCLUSIVE on studios",
    ]
