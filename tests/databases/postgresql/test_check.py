"""`flask databases check` on PostgreSQL, by what it is made of."""

import pytest

from portal.databases.checking import check_targets
from tests.databases.stage import LEGACY

BY_HAND = {
    "CREATE TABLE notes_of_a_night (id integer)": "notes_of_a_night was added",
    "DELETE FROM alembic_version": f"is empty; it stood at {LEGACY}.",
    "DROP TABLE alembic_version": f"is gone; it stood at {LEGACY}.",
    "INSERT INTO alembic_version VALUES ('9c41d07be5a2')": "holds several revisions",
    "UPDATE alembic_version SET version_num = 'ffff'": "ffff, which this release does not know",
}


@pytest.mark.parametrize("statement", BY_HAND)
def test_it_names_what_a_hand_did(production, execute, statement):
    assert _faults() == []
    trigger = "ALTER TABLE alembic_version DISABLE TRIGGER portal_guard"  # as its owner may

    execute(trigger, statement)

    assert BY_HAND[statement] in " ".join(_faults())


def _faults() -> list[str]:
    [found] = [each for each in check_targets() if each.target.name == "production"]
    return found.faults
