"""Development is ahead of production, or behind it: the later revision is what it stands at."""

from portal.databases.engines import engine_for
from portal.databases.policies.drift import drift_of
from portal.databases.sync.results import last_sync
from portal.databases.targets.identity import judge
from tests.databases import stage
from tests.databases.revising import EXPAND, write_revision
from tests.support.databases import make_database


def drift(target):
    with engine_for(target.url).reading() as connection:
        return drift_of(target, connection)


def test_the_revisions_of_developments_branch_run_on_what_came(both, history):
    """Their columns need no line yet: production has none of them."""
    development = stage.target_named("development")
    copies = "op.execute('ALTER TABLE users ADD COLUMN motto VARCHAR(80)')\n"
    copies += "op.execute('UPDATE users SET motto = display_name')\n"
    copies += "op.execute(\"UPDATE studio_profiles SET about = 'A studio of nobody' WHERE id = 1\")"
    write_revision(history, upgrade=copies)
    stage.execute(development, "ALTER TABLE users ADD COLUMN motto VARCHAR(80)")
    stage.execute(development, f"UPDATE alembic_version SET version_num = '{EXPAND}'")

    operation = stage.operate("databases.sync", target="development")

    assert operation.is_done, operation.outcome
    assert stage.revision(development) == EXPAND
    assert last_sync("development").to_revision == EXPAND
    assert drift(development) is None, "the schema is on record"
    with engine_for(development.url).reading() as connection:
        differing = "SELECT count(*) FROM users WHERE motto <> display_name OR motto IS NULL"
        assert connection.exec_driver_sql(differing).scalar() == 0


def test_a_development_that_is_behind_moves_to_productions_revision(app):
    make_database("production", stage.HEAD, studios=6)
    development = stage.place("development", studios=6)
    assert stage.revision(development) == stage.LEGACY

    operation = stage.operate("databases.sync", target="development")

    assert operation.is_done, operation.outcome
    assert stage.revision(development) == stage.HEAD
    assert judge(development).fits
    assert drift(development) is None
