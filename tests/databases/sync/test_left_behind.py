"""Tables of which no row travels: learnt, not copied, empty in development, named in the report."""

import sqlite3
from contextlib import closing

import pytest
from flask import Flask

from portal.core.configuration.settings import sqlite_url
from portal.core.errors import Refused
from portal.core.storage.database import site_tables
from portal.databases.engines import engine_for
from portal.databases.engines.transfer import transfer_for
from portal.databases.sync.batches import OpenDatabase
from portal.databases.sync.columns import rules as columns
from portal.databases.sync.columns.rules import is_left_behind, load_rules, unlisted
from portal.databases.sync.fakes import KINDS, Fakes
from portal.databases.sync.leak_scan import scan
from portal.databases.sync.results import last_sync
from portal.databases.sync.source_values import SourceValues
from portal.databases.targets.config import Target
from portal.databases.targets.registry import control_room
from tests.databases import stage
from tests.databases.sync.test_scan import Silent
from tests.databases.sync.visits import ROWS, SECRETS, TRAVEL
from tests.support.cast import log_in, make_account
from tests.support.databases import make_database

BEHIND = sorted(site_tables() - set(TRAVEL))


@pytest.fixture
def visited(app: Flask) -> tuple[Target, Target]:
    """Production and development, each with people who were there; both at the newest revision."""
    control_room(is_demo=True)
    both = make_database("production", studios=6), make_database("development", studios=6)
    for target in both:
        for row in ROWS:
            stage.execute(target, row)
    stage.execute(both[1], "UPDATE site_sessions SET token_hash = 'own'")
    return both


def rows(target: Target, table: str) -> list[tuple]:
    with closing(sqlite3.connect(stage.file_at(target))) as connection:
        return connection.execute(f"SELECT * FROM {table}").fetchall()


def test_no_row_of_visits_travels_and_development_keeps_none_of_its_own(visited, client):
    production, development = visited
    hours = rows(production, "studio_hours")

    operation = stage.operate("databases.sync", target="development")

    assert operation.is_done, operation.outcome
    assert {table: rows(development, table) for table in BEHIND} == {each: [] for each in BEHIND}
    assert rows(development, "studio_hours") == hours
    [(user, zone, note, *_)] = rows(development, "studio_details")
    assert (user, zone) == (1, "Europe/London")
    assert note != SECRETS["note"]
    raw = b"".join(
        path.read_bytes()
        for path in stage.file_at(development).parent.glob("development.sqlite3*")
        if path.is_file()
    )
    assert [each for each in SECRETS.values() if each.encode() in raw] == []
    assert b"Thackeray" not in raw

    sync = last_sync("development")
    assert sorted(sync.tables_left) == BEHIND
    assert not set(BEHIND) & set(sync.counts)
    log_in(client, make_account("omar"))
    page = client.page(f"/ops/syncs/{sync.name}").get_text(" ", strip=True)
    assert "site_sessions logins" in page
    assert "they are empty in development" in page


def test_a_name_in_a_zone_stops_the_sync(visited):
    production, _ = visited
    stage.execute(production, "UPDATE studio_details SET zone = 'Wilhelmina Thackeray'")

    said = stage.operate("databases.sync", target="development").outcome

    assert (
        "studio_details.zone of production holds something other than the name of a time zone"
        in (said)
    )
    assert "Thackeray" not in said


def test_what_only_such_a_table_says_is_found_anywhere_else(visited, monkeypatch):
    """As where a revision copies it: the scan knows every value of every table."""
    production, _ = visited
    make = Fakes.text
    monkeypatch.setitem(
        KINDS, "text", lambda *given: f"{make(*given)} {SECRETS['body'].split()[3]}"
    )

    said = stage.operate("databases.sync", target="development").outcome

    assert "of the anonymised copy holds a word that production says of somebody" in said


def test_a_row_in_the_copy_stops_the_sync(tmp_path):
    file = tmp_path / "copy.sqlite3"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE site_sessions (token_hash)")
        connection.execute("INSERT INTO site_sessions VALUES ('x')")
        connection.commit()
    url = sqlite_url("x", stage.URL.create("sqlite", database=str(file)))
    with engine_for(url).reading() as connection:
        copy = OpenDatabase(engine_for(url), transfer_for(url), connection)
        with pytest.raises(Refused) as refused:
            scan(copy, load_rules(), SourceValues(tmp_path), progress=Silent())
    assert "site_sessions of the anonymised copy holds rows, and is left behind" in (
        refused.value.sentence
    )


def test_a_new_column_of_such_a_table_needs_no_line_and_a_new_one_of_another_does():
    rules = load_rules()
    assert is_left_behind(rules, "site_sessions")
    present = {"site_sessions": ["id", "moon"], "studio_hours": ["id", "moon"]}
    assert unlisted(present, rules) == ["studio_hours.moon"]


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ('rows = "left behind"', "does not say why"),
        ('rows = "left behind: logins"\nid = "keep: id"', "has lines for its columns"),
    ],
)
def test_a_line_that_is_not_whole_is_named(tmp_path, monkeypatch, lines, why):
    (tmp_path / "columns.toml").write_text(f"[visits]\n{lines}\n")
    monkeypatch.setattr(columns, "columns_file", lambda: tmp_path / "columns.toml")
    with pytest.raises(Refused, match=f"leaves visits behind and {why}"):
        load_rules()
