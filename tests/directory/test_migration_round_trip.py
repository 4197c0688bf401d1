"""Forward and back again gives the same rows in every table, and the same schema."""

import shutil
import tempfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from tests.directory.rows import (
    add,
    add_children,
    add_profile,
    add_studio,
    add_user,
    contents,
    on,
    schema,
)
from tests.support.alembic import downgrade, engine_for, upgrade
from tests.support.trials import examples


def test_the_demo_comes_back_as_it_was(demo):
    rows, tables = contents(demo), schema(demo)
    upgrade(demo)
    assert "studios" not in contents(demo)
    downgrade(demo)
    assert schema(demo) == tables
    assert contents(demo) == rows


def test_forward_again_after_the_way_back_gives_the_same_listing(demo):
    upgrade(demo)
    first = contents(demo)["studio_profiles"]
    downgrade(demo)
    upgrade(demo)
    again = contents(demo)["studio_profiles"]
    assert _without_ids_of_drafts(again) == _without_ids_of_drafts(first)


def test_nothing_at_all_comes_back_as_nothing(legacy):
    tables = schema(legacy)
    upgrade(legacy)
    downgrade(legacy)
    assert schema(legacy) == tables
    assert not any(contents(legacy).values())


@pytest.mark.parametrize("times", [2, 3])
def test_to_and_fro_and_to_and_fro(legacy, times):
    with legacy.begin() as connection:
        for number in (1, 2, 3, 4):
            add_user(connection, number)
        add_profile(connection, 30, 1, phone="+44 1632 960001", studio_name=None)
        add_studio(connection, 41, 1, phone=None)
        add_profile(connection, 31, 2, studio_name="")
        add_studio(connection, 40, 3, phone="")
        add_children(connection, 40, owner=3, reviewer=4)
    rows = contents(legacy)
    for _ in range(times):
        upgrade(legacy)
        downgrade(legacy)
    assert contents(legacy) == rows


def _without_ids_of_drafts(rows: list[dict]) -> list[dict]:
    return [
        {key: value for key, value in one.items() if key != "id" or one["status"] != "draft"}
        for one in sorted(rows, key=lambda one: one["user_id"])
    ]


# --- any data at all -------------------------------------------------------------------------

words = st.one_of(
    st.none(), st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
)
days = st.integers(1, 28).map(on)
profiles = st.fixed_dictionaries(
    {"created_at": days, "updated_at": days},
    optional={
        "studio_name": words,
        "phone": words,
        "about": words,
        "location": words,
        "rate_tier_1": st.one_of(st.none(), st.integers(0, 500)),
        "show_rates": st.booleans(),
        "connection3": st.booleans(),
        "verification_level": st.sampled_from(["none", "basic", "full"]),
    },
)
studios = st.fixed_dictionaries(
    {"name": words.map(lambda word: word or ""), "created_at": days, "updated_at": days},
    optional={
        "phone": words,
        "city": words,
        "latitude": st.one_of(st.none(), st.floats(-90, 90)),
        "status": st.sampled_from(["draft", "active", "inactive", "pending"]),
        "is_profile_visible": st.booleans(),
        "is_premium": st.booleans(),
    },
)
people = st.lists(
    st.tuples(st.one_of(st.none(), profiles), st.one_of(st.none(), studios), st.integers(0, 3)),
    max_size=7,
)


@settings(max_examples=examples(24), deadline=None, suppress_health_check=list(HealthCheck))
@given(people=people)
def test_whatever_the_rows_they_come_back(prepared, people):
    with tempfile.TemporaryDirectory() as folder:
        engine = engine_for(f"sqlite:///{shutil.copy(prepared('sqlite', 0), folder)}")
        with engine.begin() as connection:
            for number, (profile, studio, images) in enumerate(people, start=1):
                add_user(connection, number)
                if profile is not None:
                    add_profile(connection, number * 2, number, **profile)
                if studio is not None:
                    add_studio(connection, number * 3, number, **studio)
                    for order in range(images):
                        add(
                            connection,
                            "studio_images",
                            studio_id=number * 3,
                            image_url=f"/images/{order}.webp",
                            sort_order=order,
                        )
        rows, tables = contents(engine), schema(engine)
        upgrade(engine)
        downgrade(engine)
        assert contents(engine) == rows
        assert schema(engine) == tables


def test_a_lost_row_would_be_noticed(demo):
    """The comparison above means something: take one image away, and it fails."""
    rows = contents(demo)
    upgrade(demo)
    with demo.begin() as connection:
        connection.execute(text("DELETE FROM studio_images WHERE id = 1"))
    downgrade(demo)
    assert contents(demo) != rows
