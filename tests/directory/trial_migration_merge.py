"""The rules by which a profile and a studio become one studio profile."""

import pytest
from sqlalchemy import Engine

from tests.directory.rows import (
    add_children,
    add_profile,
    add_studio,
    add_user,
    contents,
    on,
    row,
    scalar,
)
from tests.support.alembic import upgrade

PROFILE = "SELECT * FROM studio_profiles WHERE user_id = :user"


def merged(engine: Engine, *, profile: dict, studio: dict):
    with engine.begin() as connection:
        add_user(connection, 7, "ben")
        add_profile(connection, 3, 7, **profile)
        add_studio(connection, 41, 7, **studio)
    upgrade(engine)
    return row(engine, PROFILE, user=7)


def draft(engine: Engine, **profile):
    with engine.begin() as connection:
        add_user(connection, 7, "ben", display_name="Ben Hargreaves")
        add_profile(connection, 3, 7, **profile)
    upgrade(engine)
    return row(engine, PROFILE, user=7)


@pytest.mark.parametrize(
    ("profile", "studio", "kept"),
    [
        ("+44 1632 960001", "+44 1632 960002", "+44 1632 960002"),
        ("+44 1632 960001", None, "+44 1632 960001"),
        ("+44 1632 960001", "", "+44 1632 960001"),
        (None, "+44 1632 960002", "+44 1632 960002"),
        (None, None, None),
    ],
)
def test_the_studios_phone_wins_and_the_profiles_fills_the_gap(legacy, profile, studio, kept):
    found = merged(legacy, profile={"phone": profile}, studio={"phone": studio})
    assert found.phone == kept


@pytest.mark.parametrize(
    ("profile", "studio", "kept"),
    [("Old Barn", "The Barn", "The Barn"), ("Old Barn", "", "Old Barn"), (None, "", "")],
)
def test_the_studios_name_wins_unless_it_is_empty(legacy, profile, studio, kept):
    found = merged(legacy, profile={"studio_name": profile}, studio={"name": studio})
    assert found.name == kept


@pytest.mark.parametrize(("profile", "studio"), [(2, 9), (9, 2), (4, 4)])
def test_the_earlier_beginning_and_the_later_change_are_kept(legacy, profile, studio):
    merged(
        legacy,
        profile={"created_at": on(profile), "updated_at": on(profile + 10)},
        studio={"created_at": on(studio), "updated_at": on(studio + 10)},
    )
    assert scalar(
        legacy,
        "SELECT count(*) FROM studio_profiles AS s JOIN legacy_studios AS a ON a.id = s.id"
        " JOIN legacy_user_profiles AS p ON p.user_id = s.user_id"
        " WHERE s.created_at <= a.created_at AND s.created_at <= p.created_at"
        " AND (s.created_at = a.created_at OR s.created_at = p.created_at)"
        " AND s.updated_at >= a.updated_at AND s.updated_at >= p.updated_at"
        " AND (s.updated_at = a.updated_at OR s.updated_at = p.updated_at)",
    )


def test_the_studio_keeps_its_id_and_takes_the_profiles_words(legacy):
    found = merged(
        legacy,
        profile={"about": "Thirty years of radio.", "rate_tier_3": 90, "connection5": True},
        studio={"city": "Bristol", "latitude": 51.4545},
    )
    assert (found.id, found.city, found.latitude) == (41, "Bristol", 51.4545)
    assert (found.about, found.rate_tier_3) == ("Thirty years of radio.", 90)
    assert found.connection5
    assert not found.connection6


def test_a_listed_studio_stays_listed_and_a_hidden_one_hidden(legacy):
    found = merged(legacy, profile={}, studio={"status": "pending", "is_profile_visible": False})
    assert found.status == "pending"
    assert not found.is_profile_visible


def test_a_profile_without_a_studio_becomes_a_hidden_draft(legacy):
    found = draft(legacy, studio_name="Someday Sound", phone="+44 1632 960003", about="Soon.")
    assert (found.name, found.phone, found.about) == ("Someday Sound", "+44 1632 960003", "Soon.")
    assert found.status == "draft"
    assert not found.is_profile_visible


@pytest.mark.parametrize("name", [None, ""])
def test_a_draft_without_a_name_is_called_after_its_person(legacy, name):
    assert draft(legacy, studio_name=name).name == "Ben Hargreaves"


def test_drafts_get_ids_above_every_studio_there_ever_was(legacy):
    with legacy.begin() as connection:
        for number in (1, 2, 3):
            add_user(connection, number)
        add_profile(connection, 1, 1)
        add_profile(connection, 2, 2)
        add_studio(connection, 500, 3)
    upgrade(legacy)
    with legacy.connect() as connection:
        found = connection.exec_driver_sql("SELECT id FROM studio_profiles ORDER BY user_id")
        first, second, studio = [one.id for one in found]
    assert studio == 500
    assert 500 < first < second


def test_a_studio_without_a_profile_comes_through_with_nothing_added(legacy):
    with legacy.begin() as connection:
        add_user(connection, 7)
        add_studio(connection, 41, 7, phone="+44 1632 960004")
    upgrade(legacy)
    found = row(legacy, PROFILE, user=7)
    assert (found.phone, found.about, found.verification_level) == ("+44 1632 960004", None, "none")


def test_a_user_with_neither_stays_a_user(legacy):
    with legacy.begin() as connection:
        add_user(connection, 7)
    upgrade(legacy)
    assert scalar(legacy, "SELECT count(*) FROM users") == 1
    assert scalar(legacy, "SELECT count(*) FROM studio_profiles") == 0


def test_what_hangs_on_a_studio_stays_on_it(legacy):
    with legacy.begin() as connection:
        for number in (1, 2, 3):
            add_user(connection, number)
        add_studio(connection, 41, 1)
        add_studio(connection, 42, 2)
        add_children(connection, 41, owner=1, reviewer=3)
        add_children(connection, 42, owner=2, reviewer=1)
    before = contents(legacy)
    upgrade(legacy)
    after = contents(legacy)
    for name in ("studio_images", "studio_services", "studio_studio_types", "reviews"):
        assert after[name] == before[name]
        assert {one["studio_id"] for one in after[name]} == {41, 42}
    assert after["review_responses"] == before["review_responses"]


def test_values_that_lost_stay_in_the_archive(legacy):
    profile = {"studio_name": "Old Barn", "phone": "+44 1632 960001", "created_at": on(2)}
    merged(legacy, profile=profile, studio={"name": "The Barn", "phone": "+44 1632 960002"})
    kept = row(legacy, "SELECT * FROM legacy_user_profiles")
    assert (kept.id, kept.studio_name, kept.phone) == (3, "Old Barn", "+44 1632 960001")
    own = row(legacy, "SELECT * FROM legacy_studios")
    assert (own.id, own.profile_id, own.name, own.phone) == (41, 3, "The Barn", "+44 1632 960002")


def test_the_archive_forgets_a_person_who_is_deleted(legacy):
    merged(legacy, profile={}, studio={})
    with legacy.begin() as connection:
        connection.exec_driver_sql("DELETE FROM users")
    found = contents(legacy)
    assert (
        found["legacy_user_profiles"] == found["legacy_studios"] == found["studio_profiles"] == []
    )
