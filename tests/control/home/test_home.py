"""The control room's home: what needs somebody, both directories, lately."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.core.storage.database import db
from portal.databases.targets.registry import control_room
from portal.incidents.client_area.questions import answer_question
from portal.incidents.models import Question
from tests.support.cast import log_in, make_account
from tests.support.databases import HEAD, LEGACY, PENDING, file_of, make_database
from tests.support.pages import check_page


@pytest.fixture(autouse=True)
def _demo(app: Flask) -> None:
    """A real production would ask for HTTPS and a given key."""
    control_room(is_demo=True)
    db.session.commit()


def home_of(client: FlaskClient, name: str) -> str:
    log_in(client, make_account(name))
    answer = client.get("/ops")
    assert answer.status_code == 200
    return check_page(answer.text).get_text(" ", strip=True)


def test_it_names_the_change_that_waits_for_production(client):
    make_database("development", studios=12)
    make_database("production", LEGACY, studios=12)
    text = home_of(client, "omar")
    assert f"Production is {len(PENDING)} changes behind." in text
    assert "Development is" not in text
    assert text.count("12 studios") == 2


def test_it_counts_studios_up_to_ten_thousand_and_then_says_more(client):
    development = make_database("development", studios=1)
    multiply_studios(file_of(development), 10_000)
    assert "10,000 studios" in home_of(client, "omar")
    multiply_studios(file_of(development), 10_001)
    assert "more than 10,000 studios" in check_page(client.get("/ops").text).get_text(" ")


def test_it_counts_the_table_that_is_there_after_a_change(client):
    """The one of before is asked for with everything else, and is gone, or no longer meant."""
    production = make_database("production", LEGACY, studios=12)
    assert "12 studios" in home_of(client, "omar")
    for change in ("CREATE TABLE studio_profiles AS", "DROP TABLE studios; CREATE TABLE other AS"):
        with closing(sqlite3.connect(file_of(production))) as connection:
            connection.executescript(
                f"{change} SELECT 'active' AS status, 1 AS is_profile_visible"  # noqa: S608
            )
        assert "1 studios" in check_page(client.get("/ops").text).get_text(" ", strip=True)


def multiply_studios(file: Path, wanted: int) -> None:
    """Rows like the first one, until there are so many."""
    with closing(sqlite3.connect(file)) as connection:
        names = [row[1] for row in connection.execute("PRAGMA table_info(studio_profiles)")]
        own = ["at.n" if name in {"id", "user_id"} else f"s.{name}" for name in names]
        connection.execute(
            "WITH RECURSIVE at(n) AS (SELECT (SELECT max(id) FROM studio_profiles) + 1 UNION ALL"
            " SELECT n + 1 FROM at WHERE n < ?)"
            f" INSERT INTO studio_profiles ({', '.join(names)})"
            f" SELECT {', '.join(own)} FROM at, (SELECT * FROM studio_profiles LIMIT 1) AS s",
            [wanted],
        )
        connection.commit()


def test_it_is_calm_when_nothing_waits(client):
    make_database("production", HEAD)
    assert "change behind" not in home_of(client, "ana")


def test_it_says_that_the_worker_is_gone(client):
    assert "The worker is not running" in home_of(client, "omar")


def test_a_target_whose_identity_does_not_fit_comes_first(client):
    make_database("development", LEGACY)
    production = make_database("production", LEGACY)
    file_of(production).rename(file_of(production).with_suffix(".moved"))
    text = home_of(client, "omar")
    assert text.index("There is no database at") < text.index(
        f"Development is {len(PENDING)} changes behind."
    )


def test_a_developer_without_production_sees_no_production(client):
    make_database("development")
    assert "production" not in home_of(client, "omar").lower()


def test_a_stranger_logs_in_and_a_client_gets_to_their_own_area(client):
    assert client.get("/ops").location.startswith("/ops/login")
    log_in(client, make_account("cleo"))
    answer = client.get("/ops")
    assert (answer.status_code, answer.location) == (303, "/client")
    assert client.get("/client").status_code == 200


def test_it_stays_up_when_both_directories_are_gone(client):
    for name in ("development", "production"):
        file_of(make_database(name)).unlink()
    assert "There is no database at" in home_of(client, "ana")


def test_a_client_s_question_waits_until_it_is_answered(client, settings):
    cleo, omar = make_account("cleo"), make_account("omar")
    question = Question(slug="outage", account=cleo, text="Is it over?")
    db.session.add(question)
    assert "Cleo asks about “outage”. Answer" in home_of(client, "omar")
    file = settings.data / "documents" / "incidents" / "outage.md"
    file.parent.mkdir(parents=True)
    file.write_text("# Nobody could search\n")
    assert "Cleo asks about “Nobody could search”. Answer" in home_of(client, "omar")
    answer_question(question, "Yes.", by=omar)
    assert "asks about" not in home_of(client, "omar")
