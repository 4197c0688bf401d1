"""Announced windows: production is changed inside of them where it asks for that."""

from datetime import timedelta

import pytest
import time_machine

from portal.core.clock import now
from portal.core.errors import Conflict, Forbidden, Invalid, Refused
from portal.core.storage.database import db
from portal.databases.policies.models import OverrideKind
from portal.databases.policies.overrides import give_override
from portal.databases.policies.windows import (
    coming_windows,
    past_windows,
    require_window,
    require_windows,
    schedule_window,
    withdraw_window,
)
from tests.databases import stage
from tests.databases.stage import ANA, OMAR
from tests.support.cast import log_in, make_account
from tests.support.changes import approved_ticket, change
from tests.support.databases import HEAD, revision_of
from tests.support.pages import check_page, words

HOUR = timedelta(hours=1)


@pytest.fixture
def production(room):
    require_windows(room.production, required=True, by=ANA)
    db.session.commit()
    return room.production


def announce(target, *, starts=HOUR, ends=2 * HOUR):
    window = schedule_window(
        target, summary="The new search", starts_at=now() + starts, ends_at=now() + ends, by=OMAR
    )
    db.session.commit()
    return window


def test_outside_a_window_a_change_is_refused_and_inside_it_runs(production):
    ticket = approved_ticket(production)
    with pytest.raises(Refused) as refused:
        change(production, ticket=ticket)
    db.session.rollback()
    assert "none is scheduled" in refused.value.sentence
    assert f"override production window {ticket.seal[:12]}" in refused.value.remedy

    announce(production)
    with pytest.raises(Refused, match="the next opens on"):
        require_window(production, ticket.seal)
    with time_machine.travel(now() + HOUR + timedelta(minutes=1), tick=False):
        require_window(production, ticket.seal)
        ticket.expires_at = ticket.plan.expires_at = now() + HOUR
        change(production, ticket=ticket)
    assert revision_of(production) == HEAD


def test_a_withdrawn_window_and_another_targets_do_not_count(production, room):
    window = announce(production, starts=-HOUR)
    require_window(production, "seal")
    withdraw_window(window, by=OMAR)
    announce(room.development, starts=-HOUR)

    with pytest.raises(Refused):
        require_window(production, "seal")
    with pytest.raises(Conflict):
        withdraw_window(window, by=OMAR)
    assert past_windows()[0].withdrawn_by == "omar"


def test_an_admin_goes_ahead_for_one_plan_with_a_reason(production):
    give_override(
        OverrideKind.WINDOW, production, subject="seal", reason="The site is down", by=ANA
    )
    require_window(production, "seal")
    with pytest.raises(Refused):
        require_window(production, "another seal")


def test_only_an_admin_decides_who_needs_windows(production):
    with pytest.raises(Forbidden):
        require_windows(production, required=False, by=OMAR)


@pytest.mark.parametrize(("starts", "ends"), [(2, 1), (-2, -1), (1, 60)])
def test_times_that_cannot_be_kept_are_refused(production, starts, ends):
    with pytest.raises(Invalid):
        announce(production, starts=starts * HOUR, ends=ends * HOUR)
    assert coming_windows() == []


def test_the_page_announces_lists_and_withdraws(production, client):
    log_in(client, make_account("omar"))
    assert "No window is scheduled" in words(client.page("/ops/windows"))
    client.set_cookie("zone", "Europe/London")
    local = {"starts": "2027-07-01T22:00", "ends": "2027-07-01T23:00"}
    client.post("/ops/windows", data={"target": "production", "summary": "The new search", **local})
    [window] = coming_windows()
    assert window.starts_at.hour == 21, "a local time of the reader's zone"
    page = client.page("/ops/windows")
    assert "The new search" in words(page.table)
    assert not page.find("button", string="Let production change at any time")

    client.post(f"/ops/windows/{window.id}/withdrawal")
    assert "withdrawn by Omar" in words(client.page("/ops/windows"))
    answer = client.post("/ops/databases/production/windows/rule", data={"required": "no"})
    assert answer.status_code == 403
    bad = {"target": "production", "summary": "x", "starts": "soon", "ends": ""}
    answer = client.post("/ops/windows", data=bad)
    assert answer.status_code == 422
    form = check_page(answer.text).find("form", action="/ops/windows")
    assert form.find(id="starts")["value"] == "soon"
    assert words(form.find(id="ends-error")) == "Give the day and the time for both ends."
    late = {**local, "ends": "2027-07-09T23:00", "target": "production", "summary": "Long work"}
    answer = client.post("/ops/windows", data=late)
    assert answer.status_code == 422
    assert "two days long at most" in answer.text
    assert check_page(answer.text).find(id="summary")["value"] == "Long work"


def test_an_admin_changes_the_rule_on_the_page(production, client):
    log_in(client, make_account("ana"))
    client.post("/ops/databases/production/windows/rule", data={"required": "no"})

    require_window(production, "any seal")


def test_an_override_does_not_open_another_plan_with_the_same_seal(ticket):
    """The same backup rehearsed again after a restore is sealed as before."""
    target, run, seal = stage.target_named("production"), ticket.run, ticket.seal
    name = ticket.plan.backup.name
    require_windows(target, required=True, by=ANA)
    give_override(OverrideKind.WINDOW, target, subject=seal, reason="The site is down", by=ANA)
    db.session.commit()
    assert stage.operate("databases.migrate", run=run).is_done
    assert stage.operate(
        "databases.restore", by=ANA, backup=name, text="RESTORE PRODUCTION"
    ).is_done

    again = stage.operate("databases.rehearse", backup=name)

    assert again.result["seal"] == seal
    with pytest.raises(Refused, match="scheduled windows only"):
        require_window(target, seal)
