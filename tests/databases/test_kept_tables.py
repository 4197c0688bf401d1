"""Tables that a downgrade left with what people wrote: no drift, no obstacle to the next plan, and
the rollback of that plan is usable."""

from pathlib import Path

import pytest
from flask import Flask

from portal.core.storage.database import db, site_tables
from portal.databases.policies.drift import require_no_drift
from portal.databases.restores.comparison import compare
from portal.databases.status.check import check_targets
from portal.databases.targets.config import Target, target_named
from portal.databases.targets.registry import control_room
from tests.databases import stage
from tests.databases.stage import LEGACY, approved
from tests.databases.sync.visits import ROWS
from tests.databases.test_migrate import migrate
from tests.support.alembic import downgrade
from tests.support.alembic import engine_for as plain_engine_for
from tests.support.databases import (
    HEAD,
    adopt_quietly,
    change_by_hand,
    copy_file,
    file_of,
    prepared_file,
    url_of,
)

KEPT = site_tables()


@pytest.fixture
def production(app: Flask, tmp_path: Path) -> Target:
    control_room(is_demo=True)
    file = copy_file(prepared_file(HEAD, 6), tmp_path / "elsewhere.sqlite3")
    change_by_hand(file, *ROWS)
    downgrade(plain_engine_for(url_of(file)), LEGACY)
    target = target_named("production")
    copy_file(file, file_of(target))
    adopt_quietly(target)
    return target


def test_a_plan_goes_on_with_them(production: Target):
    before = stage.content(production)
    assert before.counts.keys() >= KEPT
    require_no_drift(production)
    db.session.rollback()

    ticket = approved(stage.start())

    assert "every row as before" in ticket.plan.way_back
    backup = ticket.plan.backup
    assert migrate(ticket.run).is_done
    after = stage.content(production)
    assert {each: after.digests[each] for each in KEPT} == {
        each: before.digests[each] for each in KEPT
    }
    assert not [each for each in compare(production, backup) if each.table in KEPT and each.loses]
    [found] = [each for each in check_targets() if each.name == "production"]
    assert not [each for each in found.faults if "site_" in each or "schema" in each.lower()]
