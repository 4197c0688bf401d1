"""The runbook for a site that is down: first in the list, one tap, and what is measured in its
steps."""

import shutil
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select, update

from portal.audit.actor import SYSTEM
from portal.core.clock import now
from portal.core.storage.database import db
from portal.databases.backups.create import take_backup
from portal.databases.backups.models import Backup
from portal.databases.targets.config import target_named
from portal.databases.targets.models import RegisteredTarget
from portal.databases.targets.registry import control_room
from portal.incidents.live.models import LiveIncident
from portal.jobs.models import Lease
from portal.jobs.operations.progress import Quiet
from portal.monitoring.outages.for_runbooks import (
    acknowledge,
    database_facts,
    restore,
    review,
    send_update,
)
from portal.monitoring.outages.service import acknowledge as acknowledged
from portal.monitoring.probes.models import Probe
from portal.runbooks.models import Run
from tests.databases.test_backups_page import live
from tests.incidents.live.scene import draft, planned_maintenance
from tests.monitoring.outages.scene import (
    DOWN,
    INTERVAL,
    SENTENCE,
    UNKNOWN,
    Night,
    minutes,
    outages,
)
from tests.support.cast import log_in, make_account
from tests.support.databases import HEAD, LEGACY, file_of, make_database, prepared_file
from tests.support.pages import words

BOOK = "/ops/runbooks/site-is-down"


@pytest.fixture
def night(app: Flask) -> Iterator[Night]:
    make_account("omar")
    control_room(is_demo=True)
    make_database("production", LEGACY, studios=1)
    night = Night(now() - INTERVAL)
    night.probe("home:production", public_name="Studio search")
    night.probe("schema:production")
    db.session.commit()
    yield night
    db.session.rollback()


@pytest.fixture
def omar(client: FlaskClient, night: Night) -> FlaskClient:
    log_in(client, make_account("omar"))
    return client


def first_row(client: FlaskClient) -> str:
    return words(client.page("/ops/runbooks").select_one("tbody tr"))


def facts(client: FlaskClient, run: Run) -> dict[str, str]:
    page = client.page(f"/ops/runs/{run.id}")
    pairs = page.select(".live-facts > *")
    return {words(a): words(b) for a, b in zip(pairs[::2], pairs[1::2], strict=True)}


def complete(client: FlaskClient, run: Run) -> None:
    db.session.expire_all()
    row = run.due_row
    assert row
    sent = {"version": str(run.version), "note": "", "tick": ["0", "1", "2"]}
    address = f"/ops/runs/{run.id}/steps/{row.step_id}/completion"
    assert client.post(address, data=sent).status_code == 302


def test_while_production_is_down_it_is_first_and_starts_with_one_tap(
    omar: FlaskClient, night: Night
):
    assert "The site is down" not in first_row(omar)
    assert "Begin with this runbook." not in words(omar.page(BOOK).main)
    night.round(home__production=DOWN, schema__production=DOWN)
    assert first_row(omar).startswith(f"Production is down. {SENTENCE['schema']}")
    page = omar.page("/ops/runbooks")
    assert "Begin with this runbook." in words(omar.page(BOOK).main)
    form = page.select_one("tbody tr form")
    assert [each["name"] for each in form.select("input")] == ["csrf_token"]
    started = omar.post(form["action"], data={})
    run = db.session.scalars(select(Run)).one()
    assert (started.status_code, started.location) == (302, f"/ops/runs/{run.id}#due")
    assert run.inputs == {"site": "production"}
    assert f"Open run {run.id}" in first_row(omar)


def test_its_steps_show_what_is_measured_and_lead_on(omar: FlaskClient, night: Night):
    night.round(home__production=DOWN, schema__production=DOWN)
    omar.post(f"{BOOK}/runs", data={})
    run = db.session.scalars(select(Run)).one()
    page = omar.page(f"/ops/runs/{run.id}")
    assert words(page.select_one(".band")).startswith("PRODUCTION")
    assert words(page.title).startswith("Step 1 of 5: Say that you are on it · production")
    found = facts(omar, run)
    assert found["Cause"].startswith(f"outage {outages()[0].sentence}")
    assert found["Home page · production"].startswith("down")
    links = omar.page(f"/ops/runs/{run.id}").select(".live-buttons a")
    draft = db.session.scalars(select(LiveIncident)).one()
    assert [each["href"] for each in links] == [
        f"/ops/outages/{outages()[0].id}",
        f"/ops/incidents/live/{draft.slug}",
    ]
    complete(omar, run)
    found = facts(omar, run)
    assert found["Database"].startswith("identity confirmed")
    assert "changes behind" in found["Schema"]
    assert found["Read-only mode"].startswith("off")
    assert found[draft.title].startswith("draft")
    row = db.session.get_one(RegisteredTarget, "production")
    row.maintenance_since, row.maintenance_by, row.maintenance_because = now(), "Ana", "Repair"
    db.session.commit()
    assert facts(omar, run)["Read-only mode"].startswith("on Ana: Repair")
    assert "Production is read-only" in words(
        omar.page(f"/ops/runs/{run.id}").select_one(".states")
    )
    file_of(target_named("production")).unlink()
    found = facts(omar, run)
    assert found["Database"].startswith("missing There is no database")
    assert found["Schema"].startswith("unknown")


def test_what_no_probe_measures_is_unknown(omar: FlaskClient, night: Night):
    """Neither a probe that was never asked nor a database that can't be read says that all is
    well."""
    omar.post(f"{BOOK}/runs", data={})
    run = db.session.scalars(select(Run)).one()
    db.session.execute(update(Probe).values(measured_at=now() - minutes(60)))
    db.session.commit()
    assert facts(omar, run)["Home page · production"].startswith("unknown")
    db.session.execute(update(Probe).values(outcome="failed"))
    db.session.commit()
    assert facts(omar, run)["Home page · production"].startswith("unknown")
    assert "last one failed" not in words(omar.page("/ops/monitoring").main)
    db.session.execute(update(Probe).values(is_on=False))
    db.session.commit()
    assert facts(omar, run)["Visitors of production"].startswith("unknown")


def test_a_failure_that_does_not_count_yet_is_not_shown_as_up(omar: FlaskClient, night: Night):
    omar.post(f"{BOOK}/runs", data={})
    run = db.session.scalars(select(Run)).one()
    home = update(Probe).where(Probe.key == "home:production")
    for state in ("up", "unknown"):
        values = {"outcome": "failed", "sentence": SENTENCE["home"], "measured_at": now()}
        db.session.execute(home.values(state=state, **values))
        db.session.commit()
        said = facts(omar, run)["Home page · production"]
        assert said.startswith(f"may be down {SENTENCE['home']}")


def test_nothing_is_current_or_off_in_a_database_that_is_not_identified(
    omar: FlaskClient, night: Night
):
    """A file without a label, at the newest revision, in the place of production."""
    file = file_of(target_named("production"))
    for each in file.parent.glob(f"{file.name}*"):
        each.unlink()
    shutil.copy(prepared_file(HEAD, 1), file)
    found = {each.label: each for each in database_facts("production")}
    assert found["Database"].word == "not identified"
    assert {found[each].word for each in ("Schema", "Read-only mode")} == {"unknown"}
    file.unlink()
    found = {each.label: each for each in database_facts("production")}
    assert {found[each].word for each in ("Schema", "Read-only mode")} == {"unknown"}


def test_a_button_without_work_says_why(night: Night):
    assert review("production").why_not == ""
    assert restore("production").why_not == "There is no verified backup."
    assert acknowledge("production").why_not == "The probes see no outage of this site."
    assert send_update("production").endpoint == "incidents.new_live"
    night.round(home__production=DOWN, schema__production=DOWN)
    assert acknowledge("production").why_not == ""
    assert send_update("production").endpoint == "incidents.show_live"
    acknowledged(outages()[0], by=make_account("omar"))
    assert acknowledge("production").why_not == "Omar has acknowledged it."


def test_each_way_to_an_update_leads_to_the_same_incident(omar: FlaskClient, night: Night):
    """Home, the runbook’s button, and a run that has ended: the outage’s own draft, else what is
    published, else maintenance once it has begun."""
    omar.post(f"{BOOK}/runs", data={})
    run = db.session.scalars(select(Run)).one()
    omar.post(f"/ops/runs/{run.id}/abort", data={"version": run.version, "reason": "It is up."})
    night.round(home__production=UNKNOWN)

    def ways() -> list[str]:
        found = omar.page("/ops").select(".site-now a.button")
        home = next(str(each["href"]) for each in found if "Send an update" in words(each))
        found = omar.page(f"/ops/runs/{run.id}").select(".run-end a")
        end = next(str(each["href"]) for each in found if words(each) == "Tell clients")
        return [home.partition("#")[0], omar.get("/ops/go/send-update").location, end]

    new = ["/ops/incidents/live/new", "/ops/incidents/live/new", "/ops/emails/new"]
    assert ways() == new
    planned = planned_maintenance()
    assert ways() == new, "it has not begun"
    planned.begins_at = now() - minutes(1)
    db.session.commit()
    assert ways() == [f"/ops/incidents/live/{planned.slug}"] * 3
    other = draft()
    assert ways() == [f"/ops/incidents/live/{planned.slug}"] * 3, "a draft of another outage"
    other.published_at = now()
    db.session.commit()
    assert ways() == [f"/ops/incidents/live/{other.slug}"] * 3
    night.round(home__production=DOWN, schema__production=DOWN)
    own = db.session.scalars(select(LiveIncident).where(LiveIncident.outage_id.isnot(None))).one()
    assert ways() == [f"/ops/incidents/live/{own.slug}"] * 3
    own.discarded_at = now()
    db.session.commit()
    assert ways() == [f"/ops/incidents/live/{other.slug}"] * 3


def test_the_newest_backup_is_offered_only_where_the_release_can_serve_it(night: Night):
    taken = take_backup(target_named("production"), reason="r", by=SYSTEM, progress=Quiet())
    name = taken.name
    db.session.commit()
    assert restore("production").why_not == f"{name}: This release does not serve it."
    live("old", [LEGACY])
    assert restore("production").values == {"name": name}, "the live process serves it"
    live("new", [HEAD])
    assert "release-new, which is live, does not" in restore("production").why_not
    db.session.execute(delete(Lease))
    db.session.execute(update(Backup).values(revision=HEAD))
    db.session.commit()
    found = restore("production")
    assert (found.values, found.why_not) == ({"name": name}, "")
    for unusable in ({"damage": "torn"}, {"proven_at": None}, {"database_uuid": "another"}):
        with db.session.begin_nested() as tried:
            db.session.execute(update(Backup).values(**unusable))
            db.session.expire_all()
            assert restore("production").why_not
            tried.rollback()
    db.session.rollback()


@pytest.mark.parametrize("path", ["review", "restore", "read-only", "send-update", "acknowledge"])
def test_each_place_of_its_table_opens_a_page(omar: FlaskClient, night: Night, path: str):
    answer = omar.get(f"/ops/go/{path}")
    assert answer.status_code == 302
    assert omar.get(answer.location).status_code == 200
