"""The control room's pages about another application's database, with a slash in its name."""

import pytest
from sqlalchemy import select

from portal.core.storage.database import db
from portal.databases.status.overview import overview_of
from portal.databases.status.safeguards import layers_of
from portal.databases.targets.models import RegisteredTarget
from portal.jobs.models import Operation
from portal.runbooks.models import Run
from tests.databases import stage
from tests.support.cast import log_in, make_account
from tests.support.pages import words

NAME = "newsletter/production"
HTTPS = {"base_url": "https://localhost"}


@pytest.fixture
def known(production):
    """A demo's: a real production would insist on HTTPS and second factors before any page."""
    row = db.session.get(RegisteredTarget, NAME)
    row.is_demo = True
    db.session.commit()
    return production


@pytest.fixture
def ana(client, known):
    log_in(client, make_account("ana"))
    return client


def test_it_is_shown_everywhere_with_its_own_band(ana):
    for path in ("/ops", "/ops/databases", "/ops/migrations", "/ops/backups", "/ops/windows"):
        assert "ewsletter/production" in words(ana.page(path)), path
    band = ana.page("/ops/migrations").select_one(".band-production")
    assert NAME in words(band).lower()


def test_a_change_is_started_and_led_by_the_runbook(ana):
    answer = ana.post(f"/ops/migrations/{NAME}/runs", data={"reason": "issue 12"})

    run = db.session.scalars(select(Run)).one()
    assert answer.location.endswith(f"/ops/runs/{run.id}#due")
    assert run.target == NAME
    assert NAME in words(ana.page(f"/ops/runs/{run.id}").select_one(".band-production")).lower()


def test_the_runbooks_form_offers_it(ana):
    page = ana.page("/ops/runbooks/migrate-production")
    offered = [each.text for each in page.select("#input-target option")]
    assert offered == ["Choose", "production", NAME]


def test_windows_and_backups_are_asked_for_by_its_name(ana):
    ana.post(f"/ops/databases/{NAME}/windows/rule", data={"required": "yes"})
    ana.post("/ops/backups", data={"target": NAME, "reason": "on the page"})

    assert db.session.get(RegisteredTarget, NAME).requires_window
    assert [each.target for each in db.session.scalars(select(Operation))] == [NAME]


def test_drift_is_shown_and_accepted(ana, known):
    stage.execute(known, "CREATE INDEX by_hand ON subscribers (name)")
    assert "by_hand" in words(ana.page(f"/ops/databases?database={NAME}"))
    ana.post(f"/ops/databases/{NAME}/drift/acceptance", data={"reason": "It helps"})

    assert overview_of(known).drift is None


def test_what_this_product_cant_do_for_it_does_not_hold(known, newsletter):
    layers = {each.name: each for each in layers_of(overview_of(known))}
    for name in ("Release gate", "Phase", "Window and maintenance mode"):
        assert layers[name].holds is False
        assert layers[name].remedy
    assert layers["Guard"].holds
    assert layers["Sync firewall"].holds is None

    (newsletter.migrations / "env.py").write_text("")
    guard = {each.name: each for each in layers_of(overview_of(known))}["Guard"]
    assert guard.holds is False
    assert "env.py" in guard.remedy


def test_maintenance_mode_is_the_applications_own(ana):
    section = ana.page(f"/ops/databases?database={NAME}").select_one(
        f'section[aria-labelledby="{NAME}"]'
    )
    assert "Begin maintenance" not in words(section)
    operation = stage.operate("databases.maintenance", target=NAME, on=True, because="x")
    assert "serves no page of newsletter" in operation.outcome
