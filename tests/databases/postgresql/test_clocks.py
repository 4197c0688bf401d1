"""On PostgreSQL the server's clock is everybody's; a machine that differs changes nothing."""

from datetime import timedelta

import pytest
import time_machine

from portal.core.clock import now
from portal.core.errors import Refused
from portal.core.storage.database import db
from portal.databases.engines.copies import copier_for
from portal.databases.policies.release_gate import refuse_unless_served
from portal.jobs.models import OperationState
from tests.databases import stage
from tests.databases.stage import approved
from tests.releases.process import legacy_release
from tests.releases.test_two_releases import ended
from tests.support.clocks import moved


def test_no_contract_goes_in_under_old_code_whatever_the_clocks_say(production, settings):
    run = approved(stage.start()).run
    db.session.commit()
    where = {"PRODUCTION_DATABASE_URL": production.url.render_as_string(hide_password=False)}
    before = copier_for(production.url).content()

    with legacy_release(settings.data, LEASE_EVERY="0.2", **where, **moved(-120)) as old:
        state, outcome = ended(run)
        assert state is OperationState.REFUSED
        assert f"web process {old.process.pid}" in outcome
        for minutes in (-2, 2):
            with (
                time_machine.travel(now() + timedelta(minutes=minutes), tick=True),
                pytest.raises(Refused, match="A clock is wrong: by the server of production it is"),
            ):
                refuse_unless_served(production, stage.HEAD)
        db.session.rollback()
        assert old.get("/") == (200, "6 studios listed\n")
    assert copier_for(production.url).content() == before
