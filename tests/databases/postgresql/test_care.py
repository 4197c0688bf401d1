"""Drift and maintenance mode on PostgreSQL: as on SQLite, through the engine's own catalogue."""

import pytest

from portal.core.errors import Refused
from portal.databases.engines import engine_for
from portal.databases.engines.copies import copier_for
from portal.databases.policies.drift import accept_drift, require_no_drift
from portal.databases.policies.maintenance import NOTICE, begin_maintenance, end_maintenance, notice
from tests.databases.stage import ANA, OMAR


def test_what_was_changed_by_hand_is_named_object_by_object(production, execute):
    require_no_drift(production)
    execute(
        "CREATE TABLE by_hand (id int)",
        "DROP INDEX ix_studios_owner_id",
        "UPDATE users SET display_name = 'x'",
    )
    with pytest.raises(Refused) as refused:
        require_no_drift(production)

    assert "by_hand was added" in refused.value.sentence
    assert "ix_studios_owner_id was dropped" in refused.value.sentence
    accept_drift(production, reason="An index was too large", by=ANA)
    require_no_drift(production)


def test_maintenance_mode_is_said_in_the_database_and_is_no_content(production):
    before = copier_for(production.url).content().digest
    begin_maintenance(production, because="Moving house", by=OMAR)

    with engine_for(production.url).reading() as connection:
        assert notice(connection) == NOTICE
    assert copier_for(production.url).content().digest == before
    require_no_drift(production)
    end_maintenance(production, by=OMAR)
    with engine_for(production.url).reading() as connection:
        assert notice(connection) is None
