"""A page asks a SQLite file for schema, identity and revision at once, and hears the same."""

from contextlib import closing, contextmanager

import pytest
from sqlalchemy import event

from portal.core.page import begin_page, end_page
from portal.databases.engines import engine_for
from portal.databases.migrations.history import current_revision
from portal.databases.policies.drift import drift_of
from portal.databases.targets.identity import judge
from portal.databases.targets.identity_label import BrokenLabel, read_label
from tests.databases import stage

VERSIONS = "DROP TABLE alembic_version; CREATE TABLE alembic_version (version_num)"
HANDS = {
    "untouched": "",
    "no identity": "DROP TABLE portal_identity",
    "an empty identity": "DELETE FROM portal_identity",
    "two identities": "INSERT INTO portal_identity SELECT application, environment, 'x',"
    " stamped_at, signature FROM portal_identity",
    "an identity without its signature": "ALTER TABLE portal_identity DROP COLUMN signature",
    "an identity with more columns": "ALTER TABLE portal_identity ADD COLUMN more",
    "an identity with a number": "UPDATE portal_identity SET environment = 7",
    "an identity that is a view": "ALTER TABLE portal_identity RENAME TO kept;"
    " CREATE VIEW portal_identity AS SELECT * FROM kept",
    "an identity of another environment": "UPDATE portal_identity SET environment = 'development'",
    "no version table": "DROP TABLE alembic_version",
    "no version": "DELETE FROM alembic_version",
    "two versions": "INSERT INTO alembic_version VALUES ('0000')",
    "one version twice": f"{VERSIONS}; INSERT INTO alembic_version VALUES ('0001'), ('0001')",
    "a version that is none": f"{VERSIONS}; INSERT INTO alembic_version VALUES (NULL)",
    "a version that is a number": f"{VERSIONS}; INSERT INTO alembic_version VALUES (1)",
    "a version table with another column": "ALTER TABLE alembic_version RENAME version_num TO v",
    "a table more": "CREATE TABLE by_hand (id INTEGER)",
    "a table less": "DROP TABLE reviews",
}


@contextmanager
def page():
    begin_page("GET")
    try:
        yield
    finally:
        end_page()


def _label(connection):
    try:
        return read_label(connection)
    except BrokenLabel:
        return BrokenLabel


def _heard(target):
    judgement, said = judge(target), {}
    with engine_for(target.url).reading() as connection:
        for name, question in {"label": _label, "revision": current_revision}.items():
            try:
                said[name] = question(connection)
            except Exception as error:
                said[name] = type(error)
        said["tables"] = engine_for(target.url).tables(connection)
        said["objects"] = engine_for(target.url).schema_objects(connection)
        drift = drift_of(target, connection)
    parts = judgement.state, str(judgement), judgement.label, judgement.revision
    return parts, said, drift and drift.sentence


@pytest.mark.parametrize("hand", HANDS)
def test_a_page_hears_what_a_change_hears(app, hand):
    target = stage.place(studios=1)
    file = stage.file_at(target)
    with closing(stage.sqlite3.connect(file)) as connection:
        connection.executescript(HANDS[hand])

    asked_anew = _heard(target)
    with page():
        assert _heard(target) == asked_anew


def test_it_asks_once_where_all_is_there(app):
    target, statements = stage.place(studios=1), []
    with page(), engine_for(target.url).reading() as connection:
        event.listen(
            connection,
            "before_cursor_execute",
            lambda _connection, _cursor, text, *_more: statements.append(text),
        )
        heard = read_label(connection), current_revision(connection)
        engine_for(target.url).schema_digest(connection)

    assert all(heard)
    assert len(statements) == 1
