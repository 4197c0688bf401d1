"""Checks is true on both sides, and stops being true when something is lost."""

import pytest
from sqlalchemy import Connection, Engine, text

from portal.databases.migrations.invariants.answers import answers
from tests.support.alembic import downgrade, revision_module, upgrade

AN_IMAGE = "every image is on its studio"


def measured(engine: Engine, direction: str, side: int) -> dict[str, object]:
    with engine.connect() as connection:
        return measured_on(connection, direction, side)


def measured_on(connection: Connection, direction: str, side: int) -> dict[str, object]:
    """As a change asks them, several at a time: each says what it says when it is asked alone."""
    invariants = getattr(revision_module(), f"{direction}_invariants")
    alone = {one[0]: str(connection.execute(text(one[side])).scalar_one()) for one in invariants}
    found = answers(connection, [(one[0], one[side]) for one in invariants])
    assert {one[0]: found[one[side]] for one in invariants} == alone
    return alone


def broken_by(engine: Engine, damage: str) -> set[str]:
    """Which invariants of the upgrade notice what was done in its transaction."""
    before = measured(engine, "upgrade", 1)
    upgrade(engine)
    with engine.connect() as connection:
        for statement in damage.split(";"):
            connection.execute(text(statement))
        after = measured_on(connection, "upgrade", 2)
        connection.rollback()
    return {words for words, value in before.items() if after[words] != value}


def test_they_hold_on_the_way_forward(demo):
    before = measured(demo, "upgrade", 1)
    upgrade(demo)
    assert measured(demo, "upgrade", 2) == before


def test_they_hold_on_the_way_back(demo):
    upgrade(demo)
    before = measured(demo, "downgrade", 1)
    downgrade(demo)
    assert measured(demo, "downgrade", 2) == before


def test_they_hold_in_an_empty_database(legacy):
    before = measured(legacy, "upgrade", 1)
    upgrade(legacy)
    assert measured(legacy, "upgrade", 2) == before


def test_they_are_words_and_two_questions():
    module = revision_module()
    for invariants in (module.upgrade_invariants, module.downgrade_invariants):
        assert len({words for words, _, _ in invariants}) == len(invariants) > 5
        for words, before, after in invariants:
            assert words.startswith(("every ", "the same "))
            assert before.startswith("SELECT ")
            assert after.startswith("SELECT ")


@pytest.mark.parametrize(
    ("damage", "noticed"),
    [
        ("DELETE FROM studio_images WHERE id = 7", AN_IMAGE),
        ("UPDATE studio_images SET studio_id = studio_id + 1 WHERE id = 7", AN_IMAGE),
        ("DELETE FROM studio_services WHERE id = 2", "every service is on its studio"),
        ("DELETE FROM studio_studio_types WHERE id = 2", "every type is on its studio"),
        ("DELETE FROM reviews WHERE id = 3", "every review is on its studio"),
        (
            "UPDATE reviews SET reviewer_id = reviewer_id + 1 WHERE id = 3",
            "every review has its author",
        ),
        ("DELETE FROM review_responses WHERE id = 1", "every response is on its review"),
        ("DELETE FROM users WHERE id = (SELECT max(id) FROM users)", "every user is still there"),
        (
            "UPDATE studio_profiles SET is_profile_visible = false WHERE id = 5",
            "the same studios are listed",
        ),
        (
            "DELETE FROM studio_profiles WHERE status = 'draft'",
            "every profile without a studio is a hidden draft",
        ),
        (
            "UPDATE studio_profiles SET is_profile_visible = true WHERE status = 'draft'",
            "every profile without a studio is a hidden draft",
        ),
        (
            "UPDATE studio_profiles SET about = 'Lost' WHERE id = 5",
            "every profile's words, links, rates and settings arrived",
        ),
        (
            "UPDATE studio_profiles SET show_phone = NOT show_phone WHERE id = 5",
            "every profile's words, links, rates and settings arrived",
        ),
        ("UPDATE studio_profiles SET phone = NULL", "every phone number is kept"),
        (
            "DELETE FROM studio_profiles WHERE id = 5",
            "every person with a profile or a studio has one studio profile",
        ),
        ("DELETE FROM legacy_studios WHERE id = 5", "every studio keeps its id and its owner"),
        ("DELETE FROM legacy_studios WHERE id = 5", "every profile is with its person"),
    ],
)
def test_a_loss_is_noticed(demo, damage, noticed):
    assert noticed in broken_by(demo, damage)


def test_two_images_that_changed_places_are_noticed(demo):
    """A sum of ids alone would be the same."""
    swap = (
        "UPDATE studio_images SET studio_id = CASE id"
        " WHEN 1 THEN (SELECT max(studio_id) FROM studio_images)"
        " ELSE (SELECT min(studio_id) FROM studio_images) END"
        " WHERE id IN (1, (SELECT max(id) FROM studio_images))"
    )
    assert AN_IMAGE in broken_by(demo, swap)


def test_a_loss_on_the_way_back_is_noticed(demo):
    upgrade(demo)
    before = measured(demo, "downgrade", 1)
    downgrade(demo)
    with demo.begin() as connection:
        connection.execute(text("DELETE FROM studio_images WHERE id = 7"))
        connection.execute(text("UPDATE user_profiles SET about = NULL WHERE id = 3"))
    after = measured(demo, "downgrade", 2)
    assert {words for words in before if before[words] != after[words]} == {
        AN_IMAGE,
        "every text in about is kept",
    }
