"""A contract waits until its expand has stood for the soak time, or an admin says why not."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from portal.audit.models import AuditEntry
from portal.core.clock import now
from portal.core.errors import Forbidden, Invalid, Refused
from portal.core.storage.database import db
from portal.databases.backups.catalogue.find import backups
from portal.databases.changes.models import Plan
from portal.databases.engines import engine_for
from portal.databases.migrations import history as revisions
from portal.databases.migrations.history import History
from portal.databases.policies.drift import accept_drift
from portal.databases.policies.expand_contract import (
    SOAK,
    require_soaked,
    runs_now,
    stands_since,
    why_too_early,
)
from portal.databases.policies.models import OverrideKind
from portal.databases.policies.overrides import give_override, override_of
from portal.databases.policies.windows import require_windows
from portal.databases.targets.config import target_named
from portal.databases.targets.registry import control_room
from tests.databases import stage
from tests.databases.revising import CONTRACT, EXPAND, write_pair
from tests.databases.stage import ANA, OMAR, operate
from tests.support.cast import log_in, make_account
from tests.support.changes import approved_ticket, change
from tests.support.databases import HEAD, make_database, revision_of
from tests.support.pages import words


@pytest.fixture
def production(app, history):
    write_pair(history)
    control_room(is_demo=True)
    return make_database("production", HEAD)


def expanded(production):
    """The expand was carried out just now, as a change with a ticket."""
    facts = {"to_revision": EXPAND, "revisions": _files(EXPAND)}
    change(production, to=EXPAND, ticket=approved_ticket(production, **facts))
    accept_drift(production, reason="What the operation would have noted", by=ANA)
    db.session.commit()


def _files(*ids):
    history = History(revisions.FOLDER)
    return [{"id": each, "sha256": history.revision(each).sha256} for each in ids]


def ids(revisions):
    return [each.id for each in revisions]


def test_one_change_carries_out_what_does_not_have_to_wait(production):
    assert ids(runs_now(production, HEAD)) == [EXPAND]


def test_a_contract_waits_for_its_soak_time_and_then_runs(production):
    expanded(production)
    with pytest.raises(Refused) as refused:
        runs_now(production, EXPAND)

    assert "it waits until" in refused.value.sentence
    assert f"override production soak {CONTRACT}" in refused.value.remedy
    with time_machine.travel(now() + SOAK + timedelta(minutes=1)):
        assert ids(runs_now(production, EXPAND)) == [CONTRACT]


def test_the_soak_time_is_a_whole_day_by_the_databases_journal(production):
    expanded(production)
    with engine_for(production.url).reading() as connection:
        since = stands_since(production, EXPAND, connection)
        assert since
        for moved, waits in ((-1, True), (0, False)):
            moment = since + timedelta(days=1, microseconds=moved)
            with time_machine.travel(moment, tick=False):
                contract = production.history.revision(CONTRACT)
                assert bool(why_too_early(production, contract, connection)) is waits


def test_the_guard_looks_again_under_the_lock(production):
    expanded(production)
    ticket = approved_ticket(production, number="T-2")

    with pytest.raises(Refused, match="it waits until"):
        change(production, ticket=ticket)
    db.session.rollback()
    assert revision_of(production) == EXPAND


def test_expand_and_contract_are_never_one_change(production):
    ticket = approved_ticket(production)

    with pytest.raises(Refused, match="has to be there first"):
        change(production, ticket=ticket)
    assert revision_of(production) == HEAD


def test_an_admin_lets_it_go_ahead_with_a_reason_on_record(production):
    expanded(production)
    soak = {"kind": OverrideKind.SOAK, "target": production, "subject": CONTRACT}
    with pytest.raises(Forbidden):
        give_override(**soak, reason="It is urgent", by=OMAR)
    with pytest.raises(Invalid):
        give_override(**soak, reason=" ", by=ANA)
    give_override(**soak, reason="Nobody runs the old release any more", by=ANA)
    change(production, ticket=approved_ticket(production, number="T-2"))

    assert revision_of(production) == CONTRACT
    entry = db.session.scalars(
        select(AuditEntry).where(AuditEntry.action == "override.given")
    ).one()
    assert "Nobody runs the old release" in entry.canonical


def test_an_override_is_for_its_kind_its_target_and_its_subject(production):
    development = target_named("development")
    give_override(OverrideKind.SOAK, development, subject=CONTRACT, reason="Urgent", by=ANA)
    give_override(OverrideKind.WINDOW, production, subject=CONTRACT, reason="Urgent", by=ANA)
    give_override(OverrideKind.SOAK, production, subject=EXPAND, reason="Urgent", by=ANA)

    assert override_of(OverrideKind.SOAK, production, CONTRACT) is None
    assert override_of(OverrideKind.SOAK, development, CONTRACT)


def test_development_waits_for_nothing(app, history):
    write_pair(history)
    development = make_database("development", HEAD)

    assert ids(runs_now(development, HEAD)) == [EXPAND, CONTRACT]
    with engine_for(development.url).reading() as connection:
        require_soaked(development, development.history.pending(HEAD), connection)


def test_the_pages_name_phase_way_back_and_wait_and_offer_the_override(production, client):
    expanded(production)
    log_in(client, make_account("ana"))
    page = client.page("/ops/migrations")

    assert "contract" in words(page)
    assert "Its author says why." in words(page)
    assert "it waits until" in words(page)
    assert not page.find("button", string="Start the change")
    subject = page.select_one("input[name=subject]")["value"]
    client.post(
        "/ops/databases/production/overrides/soak",
        data={"subject": subject, "reason": "Tested for a week elsewhere"},
    )
    assert "Start the change" in words(client.page("/ops/migrations"))


def test_ops_may_not_override_on_the_page(production, client):
    expanded(production)
    log_in(client, make_account("omar"))

    assert not client.page("/ops/migrations").select_one("input[name=subject]")
    answer = client.post("/ops/databases/production/overrides/soak", data={"reason": "now"})
    assert answer.status_code == 403


def test_a_plan_stops_before_the_contract(production):
    name = operate("databases.backup").result["backup"]
    operation = operate("databases.rehearse", backup=name)

    assert operation.is_done, operation.outcome
    assert db.session.scalars(select(Plan)).one().to_revision == EXPAND


@pytest.fixture
def soaking(production):
    """The expand stands for a moment, an admin has overridden the soak time, twice, and the plan
    of the contract is confirmed; returns its run."""
    expanded(production)
    for reason in ("It is urgent", "It is urgent, and I pressed twice"):
        give_override(OverrideKind.SOAK, production, subject=CONTRACT, reason=reason, by=ANA)
    db.session.commit()
    return stage.approved(stage.start()).run


def test_an_override_counts_for_one_change_however_often_it_was_given(production, soaking):
    backup = backups("production")[0]
    done = operate("databases.migrate", run=soaking)
    assert done.is_done, done.outcome

    back = operate("databases.restore", by=ANA, backup=backup.name, text="RESTORE PRODUCTION")
    assert back.is_done, back.outcome
    with pytest.raises(Refused, match="it waits until"):
        runs_now(production, EXPAND)


def test_an_override_is_used_by_a_change_that_fails_and_only_that_ticket_tries_again(
    production, soaking
):
    require_windows(production, required=True, by=ANA)
    db.session.commit()
    refused = operate("databases.migrate", run=soaking)
    assert "scheduled windows only" in (refused.outcome or "")
    with pytest.raises(Refused, match="it waits until"):
        runs_now(production, EXPAND)

    require_windows(production, required=False, by=ANA)
    db.session.commit()
    again = operate("databases.migrate", run=soaking)
    assert again.is_done, again.outcome
    assert revision_of(production) == CONTRACT


def test_a_restore_ends_an_override_that_was_not_used(production):
    expanded(production)
    name = operate("databases.backup").result["backup"]
    give_override(OverrideKind.SOAK, production, subject=CONTRACT, reason="Urgent", by=ANA)
    db.session.commit()
    assert ids(runs_now(production, EXPAND)) == [CONTRACT]
    db.session.rollback()

    assert operate("databases.restore", by=ANA, backup=name, text="RESTORE PRODUCTION").is_done
    with pytest.raises(Refused, match="it waits until"):
        runs_now(production, EXPAND)
