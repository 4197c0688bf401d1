"""`flask databases check` on PostgreSQL, by what it is made of."""

import psycopg
import pytest

from portal.core.storage.database import db
from portal.databases.status.check import check_targets
from tests.databases import stage
from tests.databases.postgresql.conftest import dsn
from tests.databases.revising import EXPAND, write_revision
from tests.databases.stage import HEAD, LEGACY, approved

BY_HAND = {
    "CREATE TABLE notes_of_a_night (id integer)": "notes_of_a_night was added",
    "DELETE FROM alembic_version": f"is empty; it was at {LEGACY}.",
    "DROP TABLE alembic_version": f"is gone; it was at {LEGACY}.",
    f"INSERT INTO alembic_version VALUES ('{HEAD}')": "holds several revisions",
    "CREATE TABLE portal_notes (id integer)": "own names are not all its own: portal_notes.",
    "CREATE VIEW portal_view AS SELECT 1": "own names are not all its own: portal_view.",
    "UPDATE alembic_version SET version_num = 'ffff'": "ffff, which this release does not know",
}


@pytest.mark.parametrize("statement", BY_HAND)
def test_it_names_what_a_hand_did(production, execute, statement):
    assert _faults() == []
    trigger = "ALTER TABLE alembic_version DISABLE TRIGGER portal_guard"  # as its owner may

    execute(trigger, statement)

    assert BY_HAND[statement] in " ".join(_faults())


def test_it_names_who_is_connected_and_an_edited_revision(consolidated, history, database):
    file = write_revision(history)
    run = approved(stage.start()).run
    done = stage.operate("databases.migrate", run=run)
    assert done.is_done, done.outcome
    db.session.rollback()
    assert _faults() == []

    file.write_text(file.read_text().replace("VARCHAR(80)", "VARCHAR(90)"))
    with psycopg.connect(dsn(database), application_name="night report"):
        stranger, edited = sorted(_faults())

    assert "no program that is known here: “night report” of" in stranger
    assert f"The code of revision {EXPAND}, {file}, was edited since it was applied" in edited


def _faults() -> list[str]:
    [found] = [each for each in check_targets() if each.name == "production"]
    return [each for each in found.faults if "can be synced" not in each]
