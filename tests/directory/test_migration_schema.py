"""What the revisions build, compared with the models, and that they build it whole."""

from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Engine, event, inspect, text
from sqlalchemy.orm import Session

from portal.directory.models import Service, StudioProfile, StudioStatus, StudioType
from portal.directory.revisions import SERVES
from tests.directory.rows import add_user, contents, schema
from tests.support.alembic import (
    CONSOLIDATED,
    HEAD,
    LEGACY,
    ScriptDirectory,
    config_for,
    differences,
    downgrade,
    revision_module,
    upgrade,
)

CHILDREN = ["studio_images", "studio_services", "studio_studio_types", "reviews"]


def test_the_models_and_the_head_agree(empty):
    upgrade(empty)
    assert differences(empty) == []


def test_the_models_and_the_legacy_schema_do_not(empty):
    upgrade(empty, LEGACY)
    assert differences(empty) != []


def test_this_code_serves_the_head():
    assert ScriptDirectory.from_config(config_for(None)).get_current_head() in SERVES
    assert LEGACY not in SERVES


def test_the_children_follow_the_renamed_table(legacy):
    upgrade(legacy)
    with legacy.connect() as connection:
        for child in CHILDREN:
            [key] = [
                one
                for one in inspect(connection).get_foreign_keys(child)
                if one["constrained_columns"] == ["studio_id"]
            ]
            assert key["referred_table"] == "studio_profiles"
            assert key["options"] == {"ondelete": "CASCADE"}


def test_a_person_can_have_one_studio_profile(legacy):
    upgrade(legacy)
    [index] = [
        one
        for one in schema(legacy)["studio_profiles"]["indexes"]
        if "'ix_studio_profiles_user_id'" in one
    ]
    assert "('unique', 1)" in index or "('unique', True)" in index


def test_the_database_knows_the_models_words(legacy):
    upgrade(legacy)
    checks = "".join(
        one for name in ("studio_profiles", *CHILDREN) for one in schema(legacy)[name]["checks"]
    )
    for word in (*StudioStatus, *Service, *StudioType):
        assert f"'{word.value}'" in checks.replace("\\'", "'")


@pytest.mark.parametrize("legacy", ["postgresql"], indirect=True)
def test_names_on_postgresql_are_those_of_the_models(legacy):
    """SQLite can't rename a constraint without a rebuild."""
    upgrade(legacy)
    found = schema(legacy)["studio_profiles"]
    assert found["key"]["name"] == "pk_studio_profiles"
    assert "fk_studio_profiles_user_id_users" in found["foreign"][0]
    assert not any("ck_studios" in one for one in found["checks"])


def test_the_whole_way_back_leaves_nothing(empty):
    upgrade(empty)
    downgrade(empty, "base")
    assert set(schema(empty)) == {"alembic_version"}


def test_a_failure_in_the_last_statement_undoes_all_of_it(demo):
    rows, tables = contents(demo), schema(demo)
    seen = []

    @event.listens_for(Engine, "before_cursor_execute")
    def _count(_connection, _cursor, statement, *_):
        seen.append(statement)
        if statement.startswith("UPDATE alembic_version"):
            raise ConnectionAbortedError("The light went out.")

    with pytest.raises(ConnectionAbortedError):
        upgrade(demo)
    event.remove(Engine, "before_cursor_execute", _count)
    assert any("ADD COLUMN" in statement for statement in seen)
    assert contents(demo) == rows
    assert schema(demo) == tables
    upgrade(demo)


@pytest.mark.parametrize("demo", ["sqlite"], indirect=True)
def test_a_rebuild_would_have_deleted_what_hangs_on_a_studio(demo):
    """The trap on SQLite that the renaming avoids: dropping the parent deletes its children."""
    with demo.connect() as connection:
        connection.execute(text("CREATE TABLE rebuilt AS SELECT * FROM studios"))
        connection.execute(text("CREATE UNIQUE INDEX rebuilt_id ON rebuilt (id)"))
        connection.execute(text("DROP TABLE studios"))
        connection.execute(text("ALTER TABLE rebuilt RENAME TO studios"))
        assert connection.execute(text("SELECT count(*) FROM studio_images")).scalar() == 0
        assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
        connection.rollback()
    images = len(contents(demo)["studio_images"])
    upgrade(demo)
    assert len(contents(demo)["studio_images"]) == images > 0


@pytest.mark.parametrize("legacy", ["sqlite"], indirect=True)
def test_children_follow_where_old_renaming_rules_are_set(legacy):
    @event.listens_for(legacy, "connect")
    def _old_rules(connection, _record):
        connection.execute("PRAGMA legacy_alter_table = ON")
        connection.execute("PRAGMA foreign_keys = OFF")

    for move, to, parent in (
        (command.upgrade, CONSOLIDATED, "studio_profiles"),
        (command.downgrade, LEGACY, "studios"),
    ):
        with legacy.begin() as connection:
            move(config_for(connection), to)
        [key] = schema(legacy)["studio_images"]["foreign"]
        assert f"('referred_table', '{parent}')" in key


def test_a_deleted_studios_id_is_never_given_again(legacy):
    with legacy.begin() as connection:
        add_user(connection, 1)
        add_user(connection, 2)
    upgrade(legacy)
    with legacy.begin() as connection:
        insert = "INSERT INTO studio_profiles (user_id, name) VALUES ({}, 'The Attic') RETURNING id"
        first = connection.execute(text(insert.format(1))).scalar_one()
        connection.execute(text("DELETE FROM studio_profiles"))
        assert connection.execute(text(insert.format(2))).scalar_one() > first


def test_revisions_say_what_they_are():
    for revision, phase in ((LEGACY, "expand"), (CONSOLIDATED, "contract"), (HEAD, "expand")):
        module = revision_module(revision)
        assert module.phase == phase
        assert module.__doc__.splitlines()[0].endswith(".")


def test_revisions_import_nothing_of_the_product():
    for revision in (LEGACY, CONSOLIDATED, HEAD):
        source = Path(revision_module(revision).__file__).read_text()
        assert "portal" not in source


def test_the_model_finds_its_table_on_both_engines(demo):
    upgrade(demo)
    with Session(demo) as session:
        studio = session.get_one(StudioProfile, 1)
        assert studio.user.studio is studio
        assert studio.is_listed
        assert [image.sort_order for image in studio.images] == list(range(len(studio.images)))
        assert {service.service for service in studio.services} <= set(Service)
        assert studio.created_at.utcoffset().total_seconds() == 0


def test_a_second_upgrade_changes_nothing(demo):
    upgrade(demo)
    rows = contents(demo)
    upgrade(demo)
    assert contents(demo) == rows
