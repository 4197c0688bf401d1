"""The scan: a leak stops the sync with table and column, and never with the value."""

import sqlite3

import pytest

from portal.core.configuration.settings import sqlite_url
from portal.core.errors import Refused
from portal.databases.engines import engine_for
from portal.databases.engines.transfer import transfer_for
from portal.databases.sync.batches import OpenDatabase
from portal.databases.sync.columns.kept_values import IdRule, WordRule
from portal.databases.sync.columns.rules import UNLISTED, Rule, Treatment
from portal.databases.sync.leak_scan import scan
from portal.databases.sync.source_values import SourceValues
from tests.databases import stage

FAKE = Rule(Treatment.FAKE, kind="name")
ROLES = Rule(Treatment.KEEP, keeps=WordRule(frozenset({"admin", "owner"})))
IDS = Rule(Treatment.KEEP, keeps=IdRule())


class Silent:
    def check_alive(self) -> None:
        pass

    def advance(self, *_args: object) -> None:
        pass


@pytest.fixture
def known(tmp_path):
    found = SourceValues(tmp_path)
    found.add("Zarina Okonkwo")
    found.add("zarina@acme.example")
    found.add("Zoom")
    found.add("3 Willow Gardens")
    found.add("0117 496 0123")
    found.add("She plays the viola.\nHer number: 020 7946 0991", is_prose=True)
    found.finish()
    yield found
    found.close()


@pytest.fixture
def looked_at(tmp_path, known):
    """Scan a table of one row, `people(id, name, role, note, at)`, with these values in it."""
    file = tmp_path / "result.sqlite3"
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute(
        "CREATE TABLE people (id INTEGER PRIMARY KEY, name, role, note, at DATETIME)"
    )
    rules = {"people": {"id": IDS, "name": FAKE, "role": ROLES, "note": UNLISTED, "at": UNLISTED}}

    def look(**values: object) -> None:
        columns, marks = ", ".join(values), ", ".join("?" * len(values))
        connection.execute("DELETE FROM people")
        connection.execute(f"INSERT INTO people ({columns}) VALUES ({marks})", [*values.values()])
        url = sqlite_url("x", stage.URL.create("sqlite", database=str(file)))
        with engine_for(url).reading() as opened:
            scan(
                OpenDatabase(engine_for(url), transfer_for(url), opened),
                rules,
                known,
                progress=Silent(),
            )

    yield look
    connection.close()


@pytest.mark.parametrize(
    ("column", "value", "what"),
    [
        ("name", "zarina  OKONKWO", "a word that production says"),
        ("name", "0117 496 0123", "something that production says"),
        ("name", "Belora Okonkwo", "a word that production says"),
        ("name", "17 Jolahal Gardens", None),
        ("role", "Zarina", "something other than a word that its line"),
        ("note", "ask zarina okonkwo, please", "something that production says"),
        ("note", "anybody@elsewhere.example", "an email address"),
        ("note", "call 0161 496 0000", "a telephone number"),
        ("note", b"zarina okonkwo", "something that production says"),
        ("note", "ask bel.tan.x2@people.invalid or +999 123 4567 8901", None),
        ("note", "79460991", None),
        ("note", "She plays the viola.", "something that production says"),
        ("note", 1174960123, None),
        ("note", "Zoom", "something that production says"),
        ("note", "Zoom or Teams", None),
        ("at", "2026-11-25 18:57:32.000000", None),
        ("at", "1d3e7a50-1234-4567-8901-123456789012", None),
        ("at", "0161 496 0000", "a telephone number"),
        ("role", "owner", None),
    ],
)
def test_what_must_not_be_there_is_named_without_its_value(looked_at, column, value, what):
    if what is None:
        looked_at(**{column: value})
        return
    with pytest.raises(Refused) as refused:
        looked_at(**{column: value})
    assert f"people.{column} of the anonymised copy holds {what}" in refused.value.sentence
    assert str(value) not in str(refused.value)
