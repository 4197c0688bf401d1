"""/ops/databases: who may open it, and what it says of a target that fits and one that does not."""

import pytest

from portal.databases.status.overview import band_of
from tests.support.cast import log_in, make_account
from tests.support.databases import copy_file, make_database


@pytest.fixture
def page(client, room):
    log_in(client, make_account("omar"))
    return lambda: client.page("/ops/databases")


def section(page, name):
    return page.find(id=name).find_parent("section").get_text(" ", strip=True)


def test_both_targets_are_shown_with_their_bands(page):
    found = page()

    assert found.select_one(".target .band-development")
    assert found.select_one(".target .band-production")
    assert "0001" in section(found, "production")
    assert "e7c2b95f0d14" in section(found, "production")
    assert "nothing" in section(found, "development")


def test_a_copy_is_not_identified_and_says_what_it_is(page, room):
    room.development_file.unlink()
    copy_file(room.production_file, room.development_file)

    found = page()

    assert not found.select_one(".target .band-development")
    assert found.select_one(".target .band-unidentified")
    assert "is a copy of production" in section(found, "development")


def test_a_layer_that_does_not_hold_says_what_to_do(page):
    row = page().find("th", string="Backup, verified").find_parent("tr")

    assert "off" in row.get_text()
    assert "Take one now." in row.get_text()


def test_all_fifteen_layers_are_shown_for_each_target(page):
    rows = [th.get_text() for th in page().select("table:has(caption) th[scope=row]")]

    assert rows.count("Sync firewall") == 2
    assert len(rows) == 30


def test_a_missing_production_is_no_alarm_on_a_developers_machine(client, app):
    log_in(client, make_account("omar"))

    assert "There is no database at" in client.page("/ops/databases").get_text()


@pytest.mark.parametrize("name", ["cleo"])
def test_clients_may_not_open_it(client, room, name):
    log_in(client, make_account(name))

    assert client.get("/ops/databases").status_code == 403


def test_strangers_are_sent_to_the_login(client, room):
    assert client.get("/ops/databases").status_code == 303


def test_a_band_follows_the_identity_and_not_the_name(app):
    """A page about production is red only where the database says that it is production."""
    assert band_of("production").environment is None
    make_database("production")
    band = band_of("production")
    assert band.environment == "production"
    assert band.details[:2] == ["production", "studio-directory"]
    assert band_of("nowhere").environment is None
