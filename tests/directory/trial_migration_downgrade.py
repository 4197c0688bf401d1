"""The way back after people went on: edits kept, new rows split, deletions respected."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from portal.directory.models import StudioImage, StudioProfile, StudioStatus, User
from tests.directory.conftest import ENGINES, Prepared, database, prepared_with
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
from tests.support.alembic import downgrade, upgrade

BEN, DORA, ELI, FAY = 1, 2, 3, 4


@pytest.fixture(scope="session")
def consolidated_once(prepared: Prepared) -> Callable[[str], str]:
    return cache(lambda kind: prepared_with(prepared(kind, 0), kind, consolidate))


@pytest.fixture(params=ENGINES)
def consolidated(
    request: pytest.FixtureRequest, tmp_path: Path, consolidated_once: Callable[[str], str]
) -> Iterator[Engine]:
    """ben has both, dora a profile alone, eli a studio alone, fay neither; a copy for each test."""
    with database(request.param, tmp_path, consolidated_once(request.param)) as engine:
        yield engine


def consolidate(legacy: Engine) -> None:
    with legacy.begin() as connection:
        for number, name in ((BEN, "ben"), (DORA, "dora"), (ELI, "eli"), (FAY, "fay")):
            add_user(connection, number, name)
        add_profile(connection, 30, BEN, studio_name="Old Barn", phone="+44 1632 960001")
        add_profile(connection, 31, DORA, studio_name="Someday", phone="+44 1632 960002")
        add_studio(connection, 40, BEN, name="The Barn", phone="+44 1632 960003")
        add_studio(connection, 41, ELI, name="The Kiln")
        add_children(connection, 40, owner=BEN, reviewer=FAY)
    upgrade(legacy)


def edit(engine: Engine, user: int, **values: object) -> None:
    """What a save in the new release does, its new updated_at included."""
    with Session(engine) as session:
        studio = session.query(StudioProfile).filter_by(user_id=user).one()
        for name, value in values.items():
            setattr(studio, name, value)
        session.commit()


def profile_of(engine: Engine, user: int):
    return row(engine, "SELECT * FROM user_profiles WHERE user_id = :user", user=user)


def studio_of(engine: Engine, user: int):
    return row(engine, "SELECT * FROM studios WHERE owner_id = :user", user=user)


def count(engine: Engine, table: str, user: int) -> int:
    column = "owner_id" if table == "studios" else "user_id"
    return scalar(engine, f"SELECT count(*) FROM {table} WHERE {column} = :user", user=user)


def test_a_later_edit_of_the_profiles_words_is_kept(consolidated):
    edit(consolidated, BEN, about="Now with a second booth.", connection4=True)
    downgrade(consolidated)
    assert profile_of(consolidated, BEN).about == "Now with a second booth."
    assert profile_of(consolidated, BEN).connection4


def test_a_later_edit_of_the_studios_words_is_kept(consolidated):
    edit(consolidated, BEN, city="Bath", status=StudioStatus.INACTIVE)
    downgrade(consolidated)
    assert (studio_of(consolidated, BEN).city, studio_of(consolidated, BEN).status) == (
        "Bath",
        "inactive",
    )


def test_values_that_were_not_edited_are_each_sides_own_again(consolidated):
    edit(consolidated, BEN, about="Now with a second booth.")
    downgrade(consolidated)
    assert profile_of(consolidated, BEN).studio_name == "Old Barn"
    assert profile_of(consolidated, BEN).phone == "+44 1632 960001"
    assert studio_of(consolidated, BEN).name == "The Barn"
    assert studio_of(consolidated, BEN).phone == "+44 1632 960003"


def test_an_edit_of_what_both_had_reaches_both(consolidated):
    edit(consolidated, BEN, name="The New Barn", phone="+44 1632 960009")
    downgrade(consolidated)
    assert profile_of(consolidated, BEN).studio_name == "The New Barn"
    assert profile_of(consolidated, BEN).phone == "+44 1632 960009"
    assert studio_of(consolidated, BEN).name == "The New Barn"
    assert studio_of(consolidated, BEN).phone == "+44 1632 960009"


def test_a_telephone_number_taken_away_stays_away(consolidated):
    edit(consolidated, BEN, phone=None)
    downgrade(consolidated)
    assert profile_of(consolidated, BEN).phone is None
    assert studio_of(consolidated, BEN).phone is None


def test_an_edited_row_keeps_the_time_of_its_edit_and_its_own_beginnings(consolidated):
    before = scalar(consolidated, "SELECT created_at FROM legacy_user_profiles WHERE id = 30")
    edit(consolidated, BEN, about="Now with a second booth.")
    saved = row(consolidated, "SELECT * FROM studio_profiles WHERE user_id = 1").updated_at
    downgrade(consolidated)
    assert profile_of(consolidated, BEN).updated_at == saved
    assert studio_of(consolidated, BEN).updated_at == saved
    assert profile_of(consolidated, BEN).created_at == before


def test_an_edited_draft_is_a_profile_without_a_studio_again(consolidated):
    edit(consolidated, DORA, about="Nearly there.", name="One Day", rate_tier_1=40)
    downgrade(consolidated)
    found = profile_of(consolidated, DORA)
    assert (found.id, found.about, found.studio_name, found.rate_tier_1) == (
        31,
        "Nearly there.",
        "One Day",
        40,
    )
    assert count(consolidated, "studios", DORA) == 0


@pytest.mark.parametrize(
    "change",
    [
        {"status": StudioStatus.ACTIVE, "is_profile_visible": True},
        {"is_profile_visible": True},
        {"city": "Leeds"},
        {"latitude": 53.8},
        {"description": "A quiet room."},
        {"is_verified": True},
        {"website_url": "https://someday.example"},
    ],
)
def test_a_draft_that_became_a_studio_stays_one(consolidated, change):
    edit(consolidated, DORA, **change)
    downgrade(consolidated)
    assert count(consolidated, "studios", DORA) == 1
    assert profile_of(consolidated, DORA).id == 31
    assert studio_of(consolidated, DORA).name == "Someday"


def test_a_draft_with_an_image_keeps_it(consolidated):
    with Session(consolidated) as session:
        studio = session.query(StudioProfile).filter_by(user_id=DORA).one()
        studio.images.append(StudioImage(image_url="/images/new.webp"))
        session.commit()
    downgrade(consolidated)
    assert count(consolidated, "studios", DORA) == 1
    assert scalar(consolidated, "SELECT count(*) FROM studio_images") == 2


def test_a_new_row_is_split_into_profile_and_studio(consolidated):
    with Session(consolidated) as session:
        user = session.get_one(User, FAY)
        user.studio = StudioProfile(
            name="Fay's Loft", phone="+44 1632 960008", about="New here.", city="Hull"
        )
        session.commit()
    downgrade(consolidated)
    profile, studio = profile_of(consolidated, FAY), studio_of(consolidated, FAY)
    assert (profile.studio_name, profile.phone, profile.about) == (
        "Fay's Loft",
        "+44 1632 960008",
        "New here.",
    )
    assert (studio.name, studio.phone, studio.city) == ("Fay's Loft", "+44 1632 960008", "Hull")
    assert profile.id > 31
    assert profile.created_at == studio.created_at


def test_a_studio_that_never_had_a_profile_gets_none(consolidated):
    edit(consolidated, ELI, city="Kendal")
    downgrade(consolidated)
    assert count(consolidated, "user_profiles", ELI) == 0


def test_a_studio_that_never_had_a_profile_gets_one_for_words_written_since(consolidated):
    edit(consolidated, ELI, about="Baking sound since spring.")
    downgrade(consolidated)
    assert profile_of(consolidated, ELI).about == "Baking sound since spring."
    assert profile_of(consolidated, ELI).studio_name == "The Kiln"


def test_a_deleted_studio_profile_takes_profile_and_studio_with_it(consolidated):
    with consolidated.begin() as connection:
        connection.execute(text("DELETE FROM studio_profiles WHERE user_id = 1"))
    downgrade(consolidated)
    assert count(consolidated, "user_profiles", BEN) == count(consolidated, "studios", BEN) == 0
    assert scalar(consolidated, "SELECT count(*) FROM users WHERE id = 1") == 1
    assert contents(consolidated)["reviews"] == []


def test_a_deleted_user_does_not_come_back(consolidated):
    with consolidated.begin() as connection:
        connection.execute(text("DELETE FROM users WHERE id = 2"))
    downgrade(consolidated)
    assert count(consolidated, "user_profiles", DORA) == 0
    assert [one["owner_id"] for one in contents(consolidated)["studios"]] == [BEN, ELI]


def test_one_deleted_and_made_again_is_the_new_one(consolidated):
    with consolidated.begin() as connection:
        connection.execute(text("DELETE FROM studio_profiles WHERE user_id = 1"))
        connection.execute(
            text("INSERT INTO studio_profiles (user_id, name) VALUES (1, 'Second Try')")
        )
    downgrade(consolidated)
    assert profile_of(consolidated, BEN).studio_name == "Second Try"
    assert profile_of(consolidated, BEN).phone is None
    assert studio_of(consolidated, BEN).id > 41


def test_a_studio_given_to_somebody_else_goes_with_both_halves(consolidated):
    edit(consolidated, BEN, user_id=FAY)
    downgrade(consolidated)
    assert studio_of(consolidated, FAY).id == 40
    assert profile_of(consolidated, FAY).studio_name == "The Barn"
    assert count(consolidated, "user_profiles", BEN) == count(consolidated, "studios", BEN) == 0


def test_two_owners_can_have_swapped(consolidated):
    with consolidated.begin() as connection:
        for user, owner in ((BEN, 99), (ELI, BEN), (99, ELI)):
            if owner == 99:
                add_user(connection, 99, "between")
            connection.execute(
                text("UPDATE studio_profiles SET user_id = :owner WHERE user_id = :user"),
                {"user": user, "owner": owner},
            )
    downgrade(consolidated)
    assert (studio_of(consolidated, ELI).id, studio_of(consolidated, BEN).id) == (40, 41)
    assert profile_of(consolidated, ELI).studio_name == "The Barn"
    assert count(consolidated, "user_profiles", BEN) == 0  # what he has now never had one


def test_a_review_written_since_is_kept(consolidated):
    with consolidated.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO reviews (studio_id, reviewer_id, owner_id, rating, content)"
                " VALUES (41, 1, 3, 5, 'Warm as an oven.')"
            )
        )
    downgrade(consolidated)
    assert len(contents(consolidated)["reviews"]) == 2


def test_forward_again_keeps_the_edit(consolidated):
    edit(consolidated, BEN, phone="+44 1632 960009", about="Now with a second booth.")
    downgrade(consolidated)
    upgrade(consolidated)
    found = row(consolidated, "SELECT * FROM studio_profiles WHERE user_id = 1")
    assert (found.phone, found.about) == ("+44 1632 960009", "Now with a second booth.")
    assert found.id == 40


def test_untouched_rows_are_exact_beside_a_changed_one(consolidated):
    edit(consolidated, ELI, city="Kendal")
    downgrade(consolidated)
    assert [one["id"] for one in contents(consolidated)["user_profiles"]] == [30, 31]
    assert str(profile_of(consolidated, BEN).created_at)[:10] == str(on(5).date())
    assert str(studio_of(consolidated, BEN).created_at)[:10] == str(on(6).date())
