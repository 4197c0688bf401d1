"""/ops/databases: who may open it, and what it says of a target that fits and one that does not."""

import pytest

from portal.databases.status.overview import band_of
from tests.databases import stage
from tests.support.cast import log_in, make_account
from tests.support.databases import copy_file, make_database


@pytest.fixture
def page(client, room):
    log_in(client, make_account("omar"))
    return lambda name="": client.page(f"/ops/databases?database={name}")


def section(page, name):
    return page.find(id=name).find_parent("section").get_text(" ", strip=True)


def test_each_database_is_a_tab_with_its_band_and_production_is_the_first(page):
    first, development = page(), page("development")

    assert first.select_one(".band-production")
    assert [each.get_text() for each in first.select("main .tabs a")] == [
        "Production",
        "Development",
    ]
    assert first.select_one("main .tabs [aria-current=page]").get_text() == "Production"
    assert "0001" in section(first, "production")
    assert stage.HEAD in section(first, "production")
    assert first.select_one(".state .button").get_text(strip=True) == "Review the change"
    assert development.select_one(".band-development")
    assert "Pending nothing" in section(development, "development")
    assert [each.get_text(strip=True) for each in development.select(".button-primary")] == [
        "Back up development now"
    ]


@pytest.mark.parametrize("path", ["/ops/databases", "/ops/backups"])
def test_an_unknown_database_is_named_and_the_known_ones_are_offered(client, room, path):
    log_in(client, make_account("omar"))

    answer = client.get(f"{path}?database=<b>staging")

    assert answer.status_code == 404
    assert "no database named “&lt;b&gt;staging” here" in answer.text
    assert f"{path}?database=development" in answer.text


def test_a_copy_is_not_identified_and_says_what_it_is(page, room):
    room.development_file.unlink()
    copy_file(room.production_file, room.development_file)

    found = page("development")

    assert not found.select_one(".band-development")
    assert found.select_one(".band-unidentified")
    assert "is a copy of production" in section(found, "development")


def test_a_layer_that_does_not_hold_says_what_to_do(page):
    row = page().find("th", string="Backup, verified").find_parent("tr")

    assert "off" in row.get_text()
    assert "Take one now." in row.get_text()


@pytest.mark.parametrize("name", ["production", "development"])
def test_all_fifteen_safeguards_are_folded_under_their_summary(page, name):
    fold = page(name).find("th", string="Sync firewall").find_parent("details")

    assert len(fold.select("th[scope=row]")) == 15
    counts = [int(word) for word in fold.summary.get_text().split() if word.isdecimal()]
    assert sum(counts) == 15
    assert ("1 off (optional)" in fold.summary.get_text()) == (name == "production")


def test_a_missing_production_is_no_alarm_on_a_developers_machine(client, app):
    log_in(client, make_account("omar"))

    assert client.page("/ops/databases").select_one("h2").get_text() == "Development"
    state = client.page("/ops/databases?database=production").select_one(".state")
    assert "There is no database at" in state.get_text()
    assert not state.select_one(".button, .badge-failed")


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
