"""What stops the consolidation before it writes, and what each reason tells people to fix."""

from collections.abc import Callable

import pytest
from sqlalchemy import Connection, Engine, text

from tests.directory.rows import add, add_profile, add_studio, add_user, contents, schema
from tests.support.alembic import downgrade, revision_module, upgrade


def unchecked(engine: Engine, write: Callable[[Connection], None]) -> None:
    """Write what foreign keys forbid, as a hand at the database can."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.connection.driver_connection.execute("PRAGMA foreign_keys = OFF")
            with connection.begin():
                write(connection)
            return
        with connection.begin():
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            write(connection)


def refused(engine: Engine) -> list[str]:
    """The reasons, after making sure that both ways to ask agree and nothing changed."""
    rows, tables = contents(engine), schema(engine)
    with engine.connect() as connection:
        reasons = revision_module().refusals(connection)
    with pytest.raises(RuntimeError) as caught:
        upgrade(engine)
    assert type(caught.value).__name__ == "Refusal"
    assert caught.value.reasons == reasons
    assert contents(engine) == rows
    assert schema(engine) == tables
    return reasons


def refused_back(engine: Engine) -> list[str]:
    rows, tables = contents(engine), schema(engine)
    with pytest.raises(RuntimeError) as caught:
        downgrade(engine)
    assert contents(engine) == rows
    assert schema(engine) == tables
    return caught.value.reasons


def test_nothing_is_refused_when_everything_is_in_order(legacy):
    with legacy.begin() as connection:
        add_user(connection, 1)
        add_profile(connection, 1, 1)
        add_studio(connection, 1, 1)
        assert revision_module().refusals(connection) == []
    upgrade(legacy)
    with legacy.connect() as connection:
        assert revision_module().downgrade_refusals(connection) == []


def test_an_owner_with_two_studios_is_named_with_both(legacy):
    with legacy.begin() as connection:
        add_user(connection, 12, "ben")
        add_studio(connection, 4, 12, name="The Attic")
        add_studio(connection, 9, 12, name="The Cellar")
    assert refused(legacy) == [
        (
            "User 12 (ben) owns 2 studios: 4 (The Attic), 9 (The Cellar)."
            " Give all but one to other accounts."
        )
    ]


def test_every_owner_with_too_many_studios_is_listed(legacy):
    with legacy.begin() as connection:
        for number in range(1, 61):
            add_user(connection, number)
            add_studio(connection, number * 2, number)
            add_studio(connection, number * 2 + 1, number)
    reasons = refused(legacy)
    assert len(reasons) == revision_module().LISTED_AT_MOST == 50


def test_a_studio_without_an_owner_is_named(legacy):
    unchecked(legacy, lambda connection: add_studio(connection, 4, 77, name="The Attic"))
    assert refused(legacy) == [
        "Studio 4 (The Attic) has no owner: user 77 does not exist. Give it to an account."
    ]


def test_a_profile_without_a_person_is_named(legacy):
    unchecked(legacy, lambda connection: add_profile(connection, 5, 77))
    assert refused(legacy) == [
        "Profile 5 belongs to user 77, who does not exist. Give it to an account."
    ]


def test_two_profiles_of_one_person_cannot_both_be_kept(empty):
    """Only a database whose constraint was dropped by hand can hold them."""
    with empty.begin() as connection:
        for name in ("users", "studios", "studio_images", "studio_services"):
            connection.execute(
                text(
                    f"CREATE TABLE {name} (id INTEGER, owner_id INTEGER,"
                    " username VARCHAR(9), name VARCHAR(9), studio_id INTEGER)"
                )
            )
        for name in ("studio_studio_types", "reviews"):
            connection.execute(text(f"CREATE TABLE {name} (id INTEGER, studio_id INTEGER)"))
        connection.execute(text("CREATE TABLE user_profiles (id INTEGER, user_id INTEGER)"))
        connection.execute(text("INSERT INTO users (id) VALUES (7)"))
        connection.execute(text("INSERT INTO user_profiles VALUES (3, 7), (8, 7)"))
        assert revision_module().refusals(connection) == [
            "User 7 has two profiles, 3 and 8, and can keep one. Merge them."
        ]


def test_an_image_of_a_studio_that_is_gone_is_named(legacy):
    unchecked(
        legacy,
        lambda connection: add(
            connection, "studio_images", id=6, studio_id=99, image_url="/images/a.webp"
        ),
    )
    assert refused(legacy) == [
        (
            "Row 6 of studio_images names studio 99, which does not exist."
            " Delete it, or give it to a studio."
        )
    ]


@pytest.mark.parametrize("name", ["studio_profiles", "legacy_studios", "legacy_user_profiles"])
def test_a_table_in_the_way_is_named(legacy, name):
    with legacy.begin() as connection:
        connection.execute(text(f"CREATE TABLE {name} (id INTEGER)"))
    assert refused(legacy) == [
        f"A table named {name} is in the way. Rename it, or drop it if nobody needs it."
    ]


def test_all_reasons_come_at_once(legacy):
    def write(connection: Connection) -> None:
        add_user(connection, 1)
        add_studio(connection, 1, 1)
        add_studio(connection, 2, 1)
        add_studio(connection, 3, 88)

    unchecked(legacy, write)
    assert len(refused(legacy)) == 2


def test_the_way_back_needs_the_archive(legacy):
    upgrade(legacy)
    with legacy.begin() as connection:
        connection.execute(text("DROP TABLE legacy_studios"))
    assert refused_back(legacy) == [
        (
            "The archive table legacy_studios is gone, so the old rows can't be made exactly."
            " Restore a backup from before the consolidation instead."
        )
    ]


def test_the_way_back_stops_at_a_table_in_the_way(legacy):
    upgrade(legacy)
    with legacy.begin() as connection:
        connection.execute(text("CREATE TABLE studios (id INTEGER)"))
    assert refused_back(legacy) == [
        "A table named studios is in the way. Rename it, or drop it if nobody needs it."
    ]


def test_the_way_back_names_a_person_with_two_studio_profiles(legacy):
    with legacy.begin() as connection:
        add_user(connection, 1)
        add_user(connection, 2)
        add_studio(connection, 1, 1)
        add_studio(connection, 2, 2)
    upgrade(legacy)
    with legacy.begin() as connection:
        connection.execute(text("DROP INDEX ix_studio_profiles_user_id"))
        connection.execute(text("UPDATE studio_profiles SET user_id = 1"))
    assert refused_back(legacy) == [
        "User 1 has two studio profiles, 1 and 2, and can have one profile. Merge them."
    ]


def test_the_way_back_names_a_profile_that_two_studios_claim(legacy):
    with legacy.begin() as connection:
        for number in (1, 2):
            add_user(connection, number)
            add_profile(connection, number, number)
            add_studio(connection, number, number)
    upgrade(legacy)
    with legacy.begin() as connection:
        connection.execute(text("UPDATE legacy_studios SET profile_id = 1"))
    assert refused_back(legacy) == [
        "Profile 1 is claimed by two studio profiles, 1 and 2. Correct legacy_studios."
    ]


def test_the_way_back_names_a_studio_profile_without_a_person(legacy):
    with legacy.begin() as connection:
        add_user(connection, 1)
        add_studio(connection, 1, 1, name="The Attic")
    upgrade(legacy)
    unchecked(legacy, lambda connection: connection.execute(text("DELETE FROM users")))
    assert refused_back(legacy) == [
        "Studio profile 1 (The Attic) belongs to user 1, who does not exist. Give it to an account."
    ]
