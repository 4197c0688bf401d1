"""The card on /ops/databases, the button, the report; and the same for programs."""

import json
import re

import pytest
from sqlalchemy import select

from portal.core.storage.database import db
from portal.databases.status.json_report import as_json
from portal.databases.status.overview import overview_of
from portal.databases.status.safeguards import layers_of
from portal.databases.targets.config import target_named
from portal.jobs.models import Operation
from portal.runbooks.engine import step_actions
from portal.runbooks.engine.runs import start_run
from tests.databases import stage
from tests.journeys.browser import chromium
from tests.runbooks.conftest import turn_of
from tests.support.cast import log_in, make_account


def asked() -> list[Operation]:
    db.session.rollback()
    return list(db.session.scalars(select(Operation).where(Operation.kind == "databases.sync")))


def test_ops_syncs_with_one_click_and_never_twice_at_once(client, both):
    log_in(client, make_account("omar"))
    page = client.page("/ops/databases?database=development")
    form = page.find("form", action="/ops/syncs")
    assert form.button.get_text(strip=True) == (
        "Replace development by an anonymised copy of production"
    )
    assert "A backup of development is taken first" in form.parent.get_text()
    assert page.get_text().count("It has not been synced yet") == 1

    assert client.post("/ops/syncs").status_code == 303
    twice = client.post("/ops/syncs")

    assert twice.status_code == 409
    assert "under way already" in twice.text
    [operation] = asked()
    assert operation.target == "development"
    assert client.page("/ops/databases?database=development").find(
        class_="operation", attrs={"aria-label": operation.title}
    )


def test_the_card_and_the_report_say_what_was_taken(client, synced):
    log_in(client, make_account("omar"))

    card = (
        client.page("/ops/databases?database=development").find("form", action="/ops/syncs").parent
    )
    address = f"/ops/syncs/{synced.name}"
    assert card.find("a", string="See the report")["href"] == address

    page = client.page(address)
    row = page.find("th", string="users").find_parent("tr").get_text(" ", strip=True)
    assert str(synced.counts["users"]) in row
    assert "email as email" in row
    back = page.find("a", href=f"/ops/backups/{synced.backup}/restore")
    assert back.get_text(strip=True) == "Restore what was there before…"
    assert page.select_one(".band-development")
    assert client.get("/ops/syncs/sync-of-nobody").status_code == 404


def test_a_sync_that_came_to_nothing_stays_on_the_card_until_the_next_one(client, both):
    log_in(client, make_account("omar"))
    production = target_named("production")
    stage.execute(production, "ALTER TABLE users ADD COLUMN nickname TEXT")
    stage.operate("databases.sync", target="development")

    def card() -> str:
        form = client.page("/ops/databases?database=development").find("form", action="/ops/syncs")
        return form.parent.get_text(" ", strip=True)

    assert "came to nothing: There is no rule for users.nickname" in card()
    assert "Development was not synced: There is no rule" in client.page("/ops").get_text()
    stage.execute(production, "ALTER TABLE users DROP COLUMN nickname")
    assert stage.operate("databases.sync", target="development").is_done
    assert "came to nothing" not in card()
    assert "was not synced" not in client.page("/ops").get_text()


def test_the_runbook_asks_for_the_same(client, both):
    omar = make_account("omar")
    run = start_run("sync-development", inputs={}, by=omar)
    db.session.commit()
    for step in run.rows[:1]:
        turn = turn_of(run, step.step_id)
        step_actions.tick(turn, {0})
        step_actions.complete_step(turn)
        db.session.commit()

    step_actions.run_action(turn_of(run, "sync"))
    db.session.commit()

    [operation] = asked()
    assert (operation.target, operation.subject) == ("development", run.uuid)
    assert stage.perform(operation).is_done


@pytest.mark.parametrize("who", ["cleo", None])
def test_no_other_role_syncs(client, synced, who):
    if who:
        log_in(client, make_account(who))
    before = len(asked())
    assert client.post("/ops/syncs").status_code in {302, 303, 401, 403}
    assert client.get(f"/ops/syncs/{synced.name}").status_code in {302, 303, 401, 403}
    assert len(asked()) == before


def test_it_is_reported_to_programs(synced):
    told = as_json(overview_of(target_named("development")))["last_sync"]
    assert json.loads(json.dumps(told)) == told
    assert (told["name"], told["backup"], told["rows"]) == (synced.name, synced.backup, synced.rows)
    assert told["to_revision"] == stage.HEAD


def test_the_layer_holds_until_somebody_adds_a_column(synced):
    production = target_named("production")

    def layer(target=production):
        return next(each for each in layers_of(overview_of(target)) if each.name == "Sync firewall")

    assert layer().holds
    assert layer(target_named("development")).holds
    stage.execute(production, "ALTER TABLE users ADD COLUMN nickname TEXT")

    assert layer().holds is False
    assert "users.nickname" in layer().sentence
    assert "columns.toml" in layer().remedy


def test_long_names_of_what_stayed_behind_fit_a_telephone(client, synced):
    long = "fk_studio_profiles_user_id_users_and_more_of_it_than_fits"
    synced.left_behind = [f"constraint studio_profiles.{long}"]
    db.session.commit()
    log_in(client, make_account("omar"))
    page = client.get(f"/ops/syncs/{synced.name}").text
    sheet = re.compile(r'<link rel="stylesheet" href="([^"]+)">')
    styled = sheet.sub(lambda found: f"<style>{client.get(found[1]).text}</style>", page)
    with chromium() as browser:
        tab = browser.new_page(viewport={"width": 390, "height": 844})
        tab.set_content(styled)
        assert tab.evaluate("document.documentElement.scrollWidth") == 390
